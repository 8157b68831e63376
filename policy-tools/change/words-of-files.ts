import { defined, duration, type Json } from '../../functions/domain/values.ts'
import type { Change } from './change.ts'
import { type Difference, order } from './compare.ts'

const files: { readonly [member: string]: string } = {
  ladder: 'ladder.json',
  directory: 'directory.json',
  agents: 'agents.json',
  agentsTell: 'agents.json',
  tools: 'tools.json',
  classes: 'resources.json',
  breakGlass: 'break-glass.json',
  calendar: 'calendar.json',
  schema: 'hotwork.cedarschema',
  deployment: 'deployment.json',
  observed: '*.cedar',
  prove: 'prove.json',
}

/** Members whose members have names: how one of them is called. */
const ones: { readonly [member: string]: string } = {
  tiers: 'tier',
  stages: 'stage',
  escalateTo: 'escalation to',
  people: '',
  groups: 'group',
  sources: 'source of group',
  recertifyGroups: 'recertification of group',
  agents: '',
  tools: '',
  actions: '',
  classes: 'class',
  properties: 'argument',
  identities: 'identity',
  conditions: 'condition',
  whenAbsent: 'without argument',
  profiles: 'profile',
  rights: 'right to',
  issuers: 'issuer',
  channels: 'channel',
  accounts: 'account',
  windows: 'window',
  answers: 'answered for by',
  freezes: 'freeze',
  dates: 'dates',
  observed: 'observed policy',
}

/** `tier 2, stage sre, quorum`: names are those of the folder, the rest is the path in words. */
export function placeOf(path: readonly string[]): string {
  const words: string[] = []
  for (let at = Object.hasOwn(ones, path[0] ?? '') ? 0 : 1; at < path.length; at++) {
    const part = path[at] ?? ''
    const one = Object.hasOwn(ones, part) ? ones[part] : undefined
    const name = path[at + 1]
    if (one === undefined || name === undefined || name === order) words.push(part === order ? 'order' : spaced(part))
    else {
      words.push(`${one} \`${name}\``.trim())
      at += 1
    }
  }
  return words.join(', ')
}

/** The last member in the path that is no name of the folder's own: `stages`, `title`. */
export function kindOf({ path, lists }: Difference): string {
  const members = path.slice(0, lists ? -1 : undefined)
  const member = members.findLast((part, at) => part !== order && !Object.hasOwn(ones, members[at - 1] ?? ''))
  return (member ?? 'difference').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

const spaced = (member: string): string =>
  /^[a-z][A-Za-z]*$/.test(member) ? member.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`) : `\`${member}\``

/** Both sides, for a line that reads `from → to`. */
export function textsOf({ path, from, to, lists }: Difference): { from: string; to: string } {
  const [of, member = ''] = [placeOf(path.slice(0, -1)), path.at(-1)]
  if (lists !== undefined && of !== '') {
    const side = (value: Json | undefined) => `${value === undefined ? 'without' : 'with'} \`${member}\``
    return { from: `${of}: ${side(from)}`, to: side(to) }
  }
  const say = (value: Json | undefined) => sayValue(value, member)
  return { from: path.length === 1 ? say(from) : `${placeOf(path)}: ${say(from)}`, to: say(to) }
}

/** Members that are lengths of time, in seconds, and moments. */
const lengths = /^(?:deadline|maxAge|after|claimWithin|lifetime|window|budget|budgetOfPerson|coolDown|recertifyEvery)$/
const moments = /^(?:recertifyBy|validFrom|validUntil|until)$/
/** They say in a longer way which one it is. */
const known = new Set(['id', 'name', 'description', 'title'])
const most = 160

function sayValue(value: Json | undefined, member = ''): string {
  if (value === undefined || value === null) return 'none'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'number') return sayNumber(value, member)
  if (typeof value === 'string') return `\`${cut(value)}\``
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map((each) => sayValue(each)).join(', ')
  const members = Object.entries(value).filter(([name]) => !known.has(name))
  return cut(members.map(([name, each]) => `${spaced(name)} ${sayValue(each, name)}`).join(', '))
}

function sayNumber(value: number, member: string): string {
  if (lengths.test(member)) return duration(value)
  if (!moments.test(member)) return String(value)
  // RFC 3339, without the time of day at midnight.
  return new Date(value * 1000).toISOString().replace(/T00:00:00\.000Z$|\.000(?=Z)/, '')
}

function cut(text: string): string {
  const characters = [...text.replace(/\s+/g, ' ')]
  return characters.length <= most ? characters.join('') : `${characters.slice(0, most - 1).join('')}…`
}

/** The file, and the agent, person, action or policy that a difference is about, as far as its path names them. */
export function subjectOf(path: readonly string[]): Omit<Change, 'kind' | 'from' | 'to'> {
  const [member = '', second] = path
  const named = (prefix: string) => path.find((part) => part.startsWith(prefix))
  const action = member === 'actions' ? second : undefined
  return {
    file: files[member] ?? member,
    ...defined({
      policy: member === 'observed' ? second : undefined,
      agent: named('agent:'),
      person: named('person:'),
      action,
    }),
  }
}

/** The first line that differs. */
export function sayText(text: Json | undefined, other: Json | undefined): string {
  const [lines, others] = [text, other].map((each) => (typeof each === 'string' ? each.split('\n') : [])) as [
    string[],
    string[],
  ]
  const at = lines.findIndex((line, index) => line !== others[index])
  return at < 0 ? 'ends sooner' : `line ${at + 1}: \`${cut((lines[at] ?? '').trim())}\``
}
