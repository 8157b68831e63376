// Rules: test/http/registry-page.test.ts
import { spelled } from '../../../domain/agents/spelling.ts'
import { canonicalForm } from '../../../domain/digest.ts'
import { hostKinds } from '../../../domain/people/host-kinds.ts'
import { type Agent, Autonomy, type Person } from '../../../domain/people/organisation.ts'
import type { Json, JsonObject } from '../../../domain/values.ts'
import { jsonIn } from '../../read-json.ts'
import { type Html, html } from '../layout.ts'
import { choiceField, longField, type Sent, textField } from './fields.ts'

/** The forms in which people change the registry of agents: the texts of fields, and their arguments. */

export const changes = {
  register: { action: 'hotwork:RegisterAgent', title: 'Register an agent' },
  change: { action: 'hotwork:ChangeAgent', title: 'Change an agent' },
  transfer: { action: 'hotwork:TransferAgent', title: 'Transfer an agent' },
  retire: { action: 'hotwork:RetireAgent', title: 'Retire an agent' },
} as const
export type ChangeKind = keyof typeof changes

export const isChange = (kind: string | undefined): kind is ChangeKind => Object.hasOwn(changes, kind ?? '')

/** The members of each form. An owner changes by a transfer, which the new owner accepts; the date by a recertification. */
const members: { readonly [kind in ChangeKind]: readonly Member[] } = {
  register: [
    ...(['description', 'identities', 'owner', 'backupOwner', 'autonomy', 'runsOn'] as const),
    ...(['recertifyBy', 'recertifyEvery', 'rebind', 'notify'] as const),
  ],
  change: [
    ...(['description', 'identities', 'autonomy', 'backupOwner', 'runsOn'] as const),
    ...(['recertifyEvery', 'rebind', 'notify'] as const),
  ],
  transfer: ['owner', 'backupOwner'],
  retire: [],
}

type Member = Exclude<keyof Agent, 'id' | 'status'>
const optional: readonly Member[] = ['description', 'backupOwner', 'recertifyEvery', 'rebind', 'notify']

type Texts = Sent['texts']
type Read = { arguments: JsonObject; wrong: { [field: string]: string } }

const fill = 'Fill this in.'

/** The arguments of a form. A change has only the members that differ from the entry; an emptied one is removed. */
export function readChange(kind: ChangeKind, texts: Texts, before: Agent | undefined): Read {
  const was = before ? spelled(before) : {}
  const wrong: Read['wrong'] = {}
  const args: { [member: string]: Json } = { id: kind === 'register' ? text(texts, 'id') : (before?.id ?? '') }
  if (args['id'] === '') wrong['id'] = fill
  for (const member of members[kind]) {
    const read = readers[member](texts, member)
    if (read !== undefined && typeof read === 'object' && read !== null && 'wrong' in read)
      wrong[member] = String(read['wrong'])
    else if (kind === 'change') {
      const to = read ?? null
      if (canonicalForm(to) !== canonicalForm(was[member] ?? null)) args[member] = to
    } else if (read !== undefined) args[member] = read
    if (read === undefined && !optional.includes(member)) wrong[member] = fill
  }
  return { arguments: args, wrong }
}

/** The texts of a form before anything was typed. */
export function textsOf(kind: ChangeKind, before: Agent | undefined): Texts {
  if (kind !== 'change' || !before) return {}
  const { identities, runsOn, ...rest } = spelled(before)
  const [host = '', where = ''] = Object.entries(runsOn as JsonObject)[0] ?? []
  const plain = Object.entries(rest).map(([member, value]) => [member, String(value)])
  const lines = (identities as readonly JsonObject[]).map(lineOf).join('\n')
  return { ...Object.fromEntries(plain), identities: lines, runsOn: host, where: String(where) }
}

const text = (texts: Texts, name: string): string => (texts[name] ?? '').replaceAll('\r\n', '\n').trim()

type Reader = (texts: Texts, member: string) => Json | undefined

const plain: Reader = (texts, member) => text(texts, member) || undefined

const readers: { readonly [member in Member]: Reader } = {
  description: plain,
  owner: plain,
  backupOwner: plain,
  autonomy: plain,
  recertifyBy: plain,
  recertifyEvery: plain,
  notify: plain,
  identities: readIdentities,
  runsOn: (texts) => {
    const [host, where] = [text(texts, 'runsOn'), text(texts, 'where')]
    return host === '' || where === '' ? undefined : { [host]: where }
  },
  rebind: (texts) => (text(texts, 'rebind') === 'true' ? true : undefined),
}

/** An identity as the alias of its issuer and its subject; one with more members as JSON. */
function lineOf(identity: JsonObject): string {
  const { issuer, subject, ...more } = identity
  return Object.keys(more).length === 0 && typeof subject === 'string'
    ? `${issuer} ${subject}`
    : JSON.stringify(identity)
}

function readIdentities(texts: Texts): Json | undefined {
  const lines = text(texts, 'identities')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const read = lines.map((line): Json | undefined => {
    if (line.startsWith('{')) return jsonIn(line)
    const [, issuer = '', subject = ''] = /^(\S+)\s+(\S.*)$/.exec(line) ?? []
    return subject === '' ? undefined : { issuer, subject }
  })
  const bad = read.indexOf(undefined)
  if (bad >= 0) return { wrong: `Line ${bad + 1} is not an alias of an issuer and a subject, and not JSON.` }
  return read.length === 0 ? undefined : (read as Json[])
}

export type FormFacts = { people: readonly Person[]; issuers: readonly string[] }

/** The fields of a form. */
export const changeFields = (kind: ChangeKind, facts: FormFacts, sent: Sent): Html =>
  html`${kind === 'register' && idField(sent)}${members[kind].map((member) => drawers[member](sent, facts, kind))}
${longField({ label: 'Reason', name: 'reason', hint: 'The people who decide read it, and it stays on record' }, sent, html` maxlength="1000"`)}`

const idField = (sent: Sent): Html =>
  textField({ label: 'Id', name: 'id', hint: 'agent: and a name in lower case, such as agent:deployer' }, sent)

type Draw = (sent: Sent, facts: FormFacts, kind: ChangeKind) => Html

const personField =
  (label: string, name: string, none: string, hint?: string): Draw =>
  (sent, { people }) =>
    choiceField({ label, name, hint }, sent, [
      ['', none],
      ...people.map(({ id, name: known }) => [id, `${known} (${id})`] as const),
    ])

const drawers: { readonly [member in Member]: Draw } = {
  description: (sent) =>
    textField({ label: 'Description', name: 'description', hint: 'Optional' }, sent, html` maxlength="256"`),
  identities: (sent, { issuers }) =>
    longField(
      {
        ...{ label: 'Identities', name: 'identities' },
        hint: `One a line: the alias of the issuer (${issuers.join(', ')}), a space, the subject. An identity with claims is one line of JSON`,
      },
      sent,
      html` spellcheck="false"`,
    ),
  owner: personField(
    'Owner',
    'owner',
    'Choose a person',
    'The person answers for the agent, and decides nothing of it',
  ),
  backupOwner: personField('Backup owner', 'backupOwner', 'None'),
  autonomy: (sent) =>
    choiceField({ label: 'Autonomy', name: 'autonomy' }, sent, [
      ['', 'Choose one'],
      ...Autonomy.options.map((each) => [each, each] as const),
    ]),
  runsOn: (sent) => html`<div class="fields"><div>${choiceField({ label: 'Runs on', name: 'runsOn' }, sent, [
    ['', 'Choose a kind of host'],
    ...Object.keys(hostKinds).map((kind) => [kind, kind] as const),
  ])}</div>
<div>${textField({ label: 'Its host', name: 'where', hint: `Such as ${hostKinds.awsRole.example}` }, sent)}</div></div>`,
  recertifyBy: (sent) =>
    textField(
      {
        label: 'Recertify by',
        name: 'recertifyBy',
        hint: 'A day, such as 2027-05-29. After it the agent may do nothing',
      },
      sent,
      html` inputmode="numeric"`,
    ),
  recertifyEvery: (sent) =>
    textField(
      { label: 'Recertify every', name: 'recertifyEvery', hint: 'Optional, such as P90D. If empty: 365 days' },
      sent,
    ),
  rebind: (sent) =>
    choiceField(
      { label: 'Its keys live as long as one process', name: 'rebind', hint: 'Then its grants may change their key' },
      sent,
      [
        ['', 'no'],
        ['true', 'yes'],
      ],
    ),
  notify: (sent) =>
    textField({ label: 'Webhook', name: 'notify', hint: 'Optional: the address that is told of decisions' }, sent),
}
