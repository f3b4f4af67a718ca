// A file of `config/queries/` each; a test holds the two together.

export const querySetNames = [
  'bind',
  'blackbox',
  'coredns',
  'dnsdist',
  'fastnetmon',
  'fastnetmon-border',
  'frr',
  'junos',
  'snmp',
  'snmp-isis',
  'unbound',
] as const
