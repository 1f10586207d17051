"""The inventory of the example, and its shift."""

from __future__ import annotations

from greenshift.demo.ground import Ground
from greenshift.demo.step import Found, Tell


def scan_application(ground: Ground, tell: Tell) -> Found:
    """Count every place where the application touches its database.

    Raises:
        ShiftError: it cannot be read.
    """
    from greenshift.shift.scan.inventory import scan
    from greenshift.shift.scan.page import page_of

    inventory = scan(ground.before, progress=lambda count: tell(f"{count} functions"))
    data = {
        "modules": inventory.modules,
        "lines": inventory.lines,
        "places": len(inventory.items),
        "boundaries": len(inventory.boundaries),
        "skipped": len(inventory.skipped),
    }
    words = (
        f"{inventory.modules} modules, {inventory.lines:,} lines: {len(inventory.items):,} places, "
        f"{len(inventory.boundaries)} sync session boundaries"
    )
    return Found(words, data=data, page=page_of(inventory))


def shift_application(ground: Ground, tell: Tell) -> Found:
    """Shift the copy, and write it.

    Raises:
        ShiftError: it cannot be shifted.
        PatchError: it cannot be written.
    """
    from greenshift.shift.api import plan_shift
    from greenshift.shift.page import page_of

    plan = plan_shift(ground.after, progress=lambda stage, count: tell(f"{stage}: {count} functions"))
    plan.changes.apply()
    calls = plan.native + plan.bridged + plan.unchanged
    to_look_at = sum(one.kind != "bridged" for one in plan.left)
    data = {
        "files": len(plan.changes.changes),
        "native": plan.native,
        "bridged": plan.bridged,
        "left": plan.unchanged,
        "native_share": round(plan.native / calls, 4) if calls else None,
        "to_look_at": to_look_at,
        "skipped": len(plan.skipped),
    }
    share = f", {100 * plan.native / calls:.0f} % native" if calls else ""
    words = (
        f"{data['files']} files written; of {calls} database calls {plan.native} native, {plan.bridged} bridged, "
        f"{plan.unchanged} left sync{share}; {to_look_at} places to look at"
    )
    skipped = [f"{one.file}: {one.reason}" for one in plan.skipped]
    return Found(
        words,
        tuple(skipped),
        data,
        page_of(plan, written=True),
        problem=f"{len(skipped)} files could not be read" if skipped else "",
        fix="see their names above" if skipped else "",
    )
