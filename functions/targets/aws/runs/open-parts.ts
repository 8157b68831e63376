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

/** A text in a definition, with the name of its member and the object that has it. An item has the name of its list. */
type Said = { name: string; text: string; beside: JsonObject }

function textsIn(value: Json | undefined, name = '', beside: JsonObject = {}): readonly Said[] {
  if (typeof value === 'string') return [{ name, text: value, beside }]
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap((each) => textsIn(each, name, beside))
  return Object.entries(value as JsonObject).flatMap(([member, each]) => textsIn(each, member, value as JsonObject))
}

/** A text that has its value only while the run goes on: JSONPath, JSONata, a variable of Automation. */
const isChosen = ({ name, text }: Said): boolean => name.endsWith('.$') || /^\{%|\{\{/.test(text)

/** The members that name what runs, its words, the form that pins it, and the members beside it that do. */
const named: readonly { member: RegExp; what: string; pinned: RegExp; versions?: { [member: string]: RegExp } }[] = [
  {
    ...{ member: /^FunctionName(\.\$)?$/, what: 'function', pinned: /:function:[\w-]+:\d+$|^[\w-]+:\d+$/ },
    versions: { Qualifier: /^\d+$/, FunctionVersion: /^\d+$/ },
  },
  { member: /^S3Key(\.\$)?$/, what: 'object', pinned: /^$/, versions: { S3ObjectVersion: /^[\w.-]+$/ } },
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

/** The code and content outside a definition that it names without a version. `of`: the step or state, in words. */
export function partsOf(part: Json, of: string): readonly string[] {
  return textsIn(part).flatMap((each): string | readonly string[] => {
    const row = named.find(({ member }) => member.test(each.name))
    if (row && isChosen(each)) return `the ${row.what} that ${of} chooses`
    const isVersioned = Object.entries(row?.versions ?? {}).some(([member, form]) =>
      form.test(String(each.beside[member] ?? '')),
    )
    if (row?.pinned.test(each.text) || isVersioned) return []
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
