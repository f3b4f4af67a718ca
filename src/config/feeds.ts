// The feeds of a configuration by their type. Apart from the schema, which a replay does not wait for.

import type { Config } from './schema.ts'

type Feed = Config['feeds'][number]
export type FeedOf<T extends Feed['type']> = Extract<Feed, { type: T }>

export function feedsOf<T extends Feed['type']>({ feeds }: Config, type: T): FeedOf<T>[] {
  return feeds.filter((feed): feed is FeedOf<T> => feed.type === type)
}
