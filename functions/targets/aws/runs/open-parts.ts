// Rules: test/targets/aws/runs/open-parts.test.ts
import type { Json, JsonObject } from '../../../domain/values.ts'

/** The limits for people's eyes. */
const [mostParts, longest] = [20, 160]

/** The open parts as they are shown: each once, short, and a bounded number of them. */
export function shownParts(parts: readonly string[]): readonly string[] {
  const all = [...new Set(parts)].map((each) => {
    const characters = [...each]
    return characters.length <= longest ? each : `${characters.slice(0, longest - 1).join('')}…`
  })
  if (all.length <= mostParts) return all
  return [...all.slice(0, mostParts), `and ${all.length - mostParts} more`]
}

/** A text in a definition, with the name of its member. An item of a list has the name of the list. */
type Said = { name: string; text: string }

function textsIn(value: Json | undefined, name = ''): readonly Said[] {
  if (typeof value === 'string') return [{ name, text: value }]
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap((each) => textsIn(each, name))
  return Object.entries(value as JsonObject).flatMap(([member, each]) => textsIn(each, member))
}

/** A text that has its value only while the run goes on: JSONPath, JSONata, a variable of Automation. */
const isChosen = ({ name, text }: Said): boolean => name.endsWith('.$') || /^\{%|\{\{/.test(text)

/** The members that name what runs, its words, and the form that pins it. */
const named: readonly { member: RegExp; what: string; pinned: RegExp }[] = [
  { member: /^FunctionName(\.\$)?$/, what: 'function', pinned: /:function:[\w-]+:\d+$|^[\w-]+:\d+$/ },
  { member: /^[sS]tateMachineArn(\.\$)?$/, what: 'state machine', pinned: /:stateMachine:[\w-]+:\d+$/ },
  { member: /^DocumentName(\.\$)?$/, what: 'document', pinned: /^$/ },
  { member: /^TaskDefinition(\.\$)?$/, what: 'task definition', pinned: /:\d+$/ },
  { member: /^[pP]rojectName(\.\$)?$/, what: 'build project', pinned: /^$/ },
]
/** ARNs by which a state's `Resource` names what runs. */
const inArn: readonly { arn: RegExp; what: string }[] = [
  { arn: /^arn:aws[\w-]*:lambda:[\w-]*:\d*:function:[\w-]+(?::(?:\$LATEST|(?!\d+$)[\w-]+))?$/, what: 'function' },
  { arn: /^arn:aws[\w-]*:states:[\w-]*:\d*:activity:/, what: 'worker of the activity' },
]

/**
 * The code and content outside a definition that it names without a version. `of`: the step or state, in words.
 * @param member of the part: a text that names no version beside a `Qualifier` or `Version` of digits is pinned
 */
export function partsOf(part: Json, of: string): readonly string[] {
  const said = textsIn(part)
  const isVersioned = said.some(({ name, text }) => /^(?:Qualifier|FunctionVersion)$/.test(name) && /^\d+$/.test(text))
  return said.flatMap((each): string | readonly string[] => {
    const row = named.find(({ member }) => member.test(each.name))
    if (row && isChosen(each)) return `the ${row.what} that ${of} chooses`
    if (row?.pinned.test(each.text) || (row?.what === 'function' && isVersioned)) return []
    if (row) return `the ${row.what} ${each.text}, in ${of}`
    const byArn = inArn.find(({ arn }) => arn.test(each.text))
    if (byArn) return `the ${byArn.what} ${each.text}, in ${of}`
    return linksIn(each.text).map((link) => `the content of ${link}, in ${of}`)
  })
}

/** Objects of S3 without a version, in any notation. */
const linksIn = (text: string): readonly string[] =>
  [...text.matchAll(/s3:\/\/[^\s"'`{}<>]+|https:\/\/[^\s"'`{}<>/]*s3[^\s"'`{}<>/]*\.amazonaws\.com[^\s"'`{}<>]*/g)]
    .map(([link]) => link)
    .filter((link) => !/[?&]versionId=[^&]+/.test(link))
