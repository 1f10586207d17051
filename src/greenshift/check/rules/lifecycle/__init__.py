"""When engines are made, shared and disposed of."""
