"""The recipe: a session that reads from replicas, writes to the primary, and always sees what its user wrote."""

from routing.causal_reads import CausalReads
from routing.databases import Databases
from routing.position import LastWrite, Position
from routing.replica import Replica
from routing.session import RoutingSession

__all__ = ["CausalReads", "Databases", "LastWrite", "Position", "Replica", "RoutingSession"]
