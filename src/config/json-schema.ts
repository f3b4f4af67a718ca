// The schema as JSON Schema: for editors (`config/faultline.schema.json`, which a test compares), and
// for ourselves, to say of any place in a file what belongs there.

import { z } from 'zod'
import { configSchema } from './schema.ts'

export type Node = z.core.JSONSchema.BaseSchema

export function jsonSchema(): Node {
  const { $schema, ...schema } = z.toJSONSchema(configSchema, { io: 'input' })
  return { ...($schema && { $schema }), title: 'Faultline configuration', ...schema }
}

/** Every schema that a value at this path may follow; none for a path nobody knows. */
export function schemasAt(root: Node, path: readonly PropertyKey[]): Node[] {
  return path.reduce<Node[]>((nodes, step) => nodes.flatMap(branches).flatMap(below(step)), [root])
}

/** The keys that may stand in a group at this path. */
export function keysAt(root: Node, path: readonly PropertyKey[]): string[] {
  const groups = schemasAt(root, path).flatMap(branches)
  return groups.flatMap(({ properties }) => Object.keys(properties ?? {}))
}

/** A choice as what can be chosen, a single schema as itself. */
export function branches(node: Node): Node[] {
  const choice = node.anyOf ?? node.oneOf
  return choice ? choice.flatMap(branches) : [node]
}

const below =
  (step: PropertyKey) =>
  ({ items, properties }: Node): Node[] => {
    const next =
      typeof step === 'string' && properties && Object.hasOwn(properties, step)
        ? properties[step]
        : typeof step === 'number' && !Array.isArray(items)
          ? items
          : undefined
    return typeof next === 'object' ? [next] : []
  }
