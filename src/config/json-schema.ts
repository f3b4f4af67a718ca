// The schema as JSON Schema: for editors (`config/faultline.schema.json`, which a test compares), and
// for ourselves, to say of any place in a file what belongs there.

import { z } from 'zod'
import { configSchema } from './schema.ts'

export type Node = z.core.JSONSchema.BaseSchema

/** Of a part, or of another file. */
export const nodeOf = (schema: z.ZodType): Node => z.toJSONSchema(schema, { io: 'input' })

export function jsonSchema(): Node {
  const { $schema, ...schema } = nodeOf(configSchema)
  return { ...($schema && { $schema }), title: 'Faultline configuration', ...schema }
}

type Path = readonly PropertyKey[]
/** The `type` that a group at this path says it is of, if it does. */
type TypeAt = (path: Path) => unknown
const untyped: TypeAt = () => undefined

/** Every schema that a value at this path may follow; none for a path nobody knows. */
export function schemasAt(root: Node, path: Path, typeAt = untyped): Node[] {
  return path.reduce<Node[]>(
    (nodes, step, i) =>
      ofType(nodes.flatMap(branches), typeAt(path.slice(0, i))).flatMap(below(step)),
    [root],
  )
}

/** Of several kinds of a group the one that is meant; all, when that is not known. */
function ofType(nodes: readonly Node[], type: unknown): readonly Node[] {
  const meant = nodes.filter(({ properties }) => {
    const said = properties?.['type']
    return typeof said === 'object' && said.const !== undefined && said.const === type
  })
  return meant.length > 0 ? meant : nodes
}

/** The keys that may stand in a group at this path. */
export function keysAt(root: Node, path: Path, typeAt = untyped): string[] {
  const groups = ofType(schemasAt(root, path, typeAt).flatMap(branches), typeAt(path))
  return groups.flatMap(({ properties }) => Object.keys(properties ?? {}))
}

/** A choice as what can be chosen, a single schema as itself. */
export function branches(node: Node): Node[] {
  const choice = node.anyOf ?? node.oneOf
  return choice ? choice.flatMap(branches) : [node]
}

const below =
  (step: PropertyKey) =>
  ({ items, properties, additionalProperties }: Node): Node[] => {
    const next =
      typeof step === 'string'
        ? properties && Object.hasOwn(properties, step)
          ? properties[step]
          : additionalProperties
        : typeof step === 'number' && !Array.isArray(items)
          ? items
          : undefined
    return typeof next === 'object' ? [next] : []
  }
