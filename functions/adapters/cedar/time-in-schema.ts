// Rules: test/policies/calendar.test.ts
import type { SchemaJson } from '@cedar-policy/cedar-wasm/nodejs'

type Wrong = { offset: number; message: string; fix: string }

const wanted = { now: 'datetime', windows: 'Set<String>' } as const

/** Checks that every action's context declares the time: each question has it, and Cedar refuses undeclared members. */
export function timeMissingIn(text: string, schema: SchemaJson<string>['']): Wrong[] {
  return Object.entries(schema.actions).flatMap(([action, { appliesTo }]) => {
    // A group of actions applies to nothing.
    if (!appliesTo || appliesTo.principalTypes.length === 0) return []
    const declared = attributesOf(appliesTo.context, schema.commonTypes)
    const start = new RegExp(`\\baction [^{;]*\\b${action.replaceAll(/[^\w]/g, '\\$&')}\\b`).exec(text)?.index ?? 0
    return Object.entries(wanted).flatMap(([name, type]) => {
      const found = declared[name]
      if (found !== undefined && printed(found) === type) return []
      const length = Math.max(0, text.slice(start).search(new RegExp(`\\b${name}\\b`)))
      return found === undefined
        ? [
            {
              offset: start,
              message: `the context of \`${action}\` lacks \`${name}\``,
              fix: `add \`${name}: ${type}\``,
            },
          ]
        : [{ offset: start + length, message: `\`${name}\` of \`${action}\` is not a ${type}`, fix: fixOf(name, type) }]
    })
  })
}

const fixOf = (name: string, type: string) =>
  name === 'now'
    ? 'write `now: datetime`; a policy compares it with `datetime("2026-12-31T18:00:00Z")`'
    : `write \`${name}: ${type}\``

type Type = { type: string; name?: string; element?: Type; attributes?: { [name: string]: Type } }

function attributesOf(context: unknown, commonTypes: unknown): { [name: string]: Type } {
  const type = context as Type | undefined
  const common = (commonTypes ?? {}) as { [name: string]: Type }
  return type?.attributes ?? (type?.name === undefined ? undefined : common[type.name]?.attributes) ?? {}
}

function printed({ type, name = type, element }: Type): string {
  return element ? `${type}<${printed(element)}>` : name.replace(/^__cedar::/, '')
}
