// By what a route of an own router is known to lead nowhere on purpose.

import { z } from 'zod'
import { mitigationDefaults, readCommunity } from '../wire/mitigation-settings.ts'
import { group, list, prefix, reader } from './fields.ts'

const community = reader(
  z.string(),
  { title: 'a community', examples: ['65535:666', '64500:666:0'] },
  readCommunity,
)

export const blackholesSchema = group({
  communities: list(community)
    .prefault([...mitigationDefaults.communities])
    .describe('Communities of blackholes, large ones too; those of providers are not known.'),
  discard: list(prefix)
    .prefault([...mitigationDefaults.discard])
    .describe('Next hops towards which everything is dropped; for routes longer than /24, /48.'),
})
