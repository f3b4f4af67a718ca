// What can be set about minutes of flows.

import { type Span, seconds } from '../core/time.ts'

export interface FlowSettings {
  /** Addresses of own resolvers. Queries to them are told as the DNS plane, and they are no victims. */
  readonly resolvers: readonly string[]
  /** Addresses of the exporters that count; none named = all. Each packet should be counted by one of them. */
  readonly exporters: readonly string[]
  /** The longest an exporter holds back a flow that goes on. */
  readonly activeTimeout: Span
  /** A minute is waited for so long after the newest record. */
  readonly patience: Span
}

export const flowDefaults: FlowSettings = {
  resolvers: [],
  exporters: [],
  // What routers are told by most guides, and sFlow needs less.
  activeTimeout: seconds(60),
  // Twice the inactive timeout of most: a flow is exported so long after it ended.
  patience: seconds(30),
}
