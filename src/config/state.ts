// What can be set about what outlives the daemon.

import { stateDefaults } from '../core/state.ts'
import { folder, group, span } from './fields.ts'

export const stateSchema = group({
  folder: folder.describe('Where the table is kept over a restart; relative to the config file.'),
  every: span(stateDefaults.every).describe('A picture of the table is begun so often.'),
  mostAge: span(stateDefaults.mostAge).describe('An older picture is not gone on from.'),
})
