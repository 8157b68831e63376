import { defined } from '../http.ts'
import { type Entry, type Line, splitId } from './entry.ts'
import { entryTypes } from './entry-types.ts'

/** OCSF 1.8.0: one event for each entry, in the class of what happened. `raw_data` is the entry itself. */
const version = '1.8.0'

type Json = { [member: string]: unknown }
type Facts = Entry['facts']

const activities = {
  create: [1, 'Create'],
  update: [3, 'Update'],
  enroll: [6, 'Enroll'],
  unenroll: [7, 'Unenroll'],
  activate: [10, 'Activate'],
  deactivate: [11, 'Deactivate'],
  suspend: [12, 'Suspend'],
  resume: [13, 'Resume'],
} as const
type Activity = keyof typeof activities

const kinds = new Map<string, string>(
  Object.entries({
    req: 'request',
    bgl: 'opening',
    hlt: 'halt',
    sin: 'stand-in',
    stp: 'standing permit',
    group: 'group',
    sealed: "sealed role's names",
    profile: 'break-glass profile',
  }),
)

const severities = { 1: 'Informational', 2: 'Low', 3: 'Medium', 4: 'High' } as const

export function ocsfOf({ entry, line }: Line): Json {
  const { type, facts } = entry
  const { ocsf } = entryTypes.get(type) ?? {}
  switch (ocsf) {
    case undefined:
      return baseEvent(entry, line)
    case 'refused call':
      return apiActivity(entry, line, { allowed: false, operation: textOf(facts, 'attempted') })
    case 'call':
      return apiActivity(entry, line, { allowed: true, operation: type })
    case 'session':
      return authorizeSession(entry, line)
    case 'access':
      return userAccess(entry, line)
    default:
      return entityManagement(entry, line, ocsf)
  }
}

function entityManagement(entry: Entry, line: string, activity: Activity): Json {
  const [id, name] = activities[activity]
  return {
    ...common(entry, line, classes.entity, { id, name }),
    actor: actorOf(entry),
    entity: entityOf(entry),
  }
}

/** The entity that an entry is about; for a halt, its target. */
function entityOf({ id, type, facts }: Entry): Json {
  const { record } = splitId(id)
  const target = Object(facts['target']) as { kind?: unknown; value?: unknown }
  if (type === 'Halted' && typeof target.value === 'string')
    return { uid: target.value, type: `${target.kind}`, type_id: 99 }
  const kind = kinds.get(record.split(/[_:]/)[0] ?? '')
  return kind === undefined
    ? { uid: record, type: 'User', type_id: 2, user: userOf(record) }
    : { uid: record, type: `Hotwork ${kind}`, type_id: 99 }
}

function authorizeSession(entry: Entry, line: string): Json {
  const { facts, resource } = entry
  const expires = facts['expiresAt']
  return {
    ...common(entry, line, classes.session, { id: 1, name: 'Assign Privileges' }),
    actor: actorOf(entry),
    user: userOf(entry.actor.id),
    privileges: [resource ? `the approved action on ${resource.id}` : 'the approved action'],
    session: {
      uid: textOf(facts, 'credential'),
      created_time: millisecondsOf(entry.at),
      ...(typeof expires === 'number' ? { expiration_time: expires * 1000 } : {}),
    },
  }
}

function userAccess(entry: Entry, line: string): Json {
  const { facts, actor, resource } = entry
  const ask = Object(facts['ask']) as { action?: unknown; breakGlass?: { rights?: readonly { action: string }[] } }
  const rights = ask.breakGlass?.rights?.map(({ action }) => action)
  const action = textOf(facts, 'action') ?? (typeof ask.action === 'string' ? ask.action : undefined)
  const agent = textOf(facts, 'agent')
  return {
    ...common(entry, line, classes.access, { id: 1, name: 'Assign Privileges' }),
    actor: actorOf(entry),
    user: userOf(agent ?? actor.id),
    privileges: rights ?? [action ?? 'unknown'],
    ...(resource ? { resources: [resourceOf(resource)] } : {}),
  }
}

function apiActivity(
  entry: Entry,
  line: string,
  { allowed, operation }: { allowed: boolean; operation: string | undefined },
): Json {
  const { actor, facts, policies, resource } = entry
  const decision = allowed ? 'Allowed' : 'Denied'
  return {
    ...common(entry, line, classes.api, { id: 99, name: operation ?? entry.type, profiles: ['security_control'] }),
    actor: actorOf(entry),
    api: {
      operation: operation ?? entry.type,
      service: { name: 'Hotwork' },
      ...(allowed ? {} : { response: { error: textOf(facts, 'code') ?? 'refused' } }),
    },
    src_endpoint: { svc_name: actor.id },
    ...{ action_id: allowed ? 1 : 2, action: decision, disposition_id: allowed ? 1 : 2 },
    disposition: allowed ? 'Allowed' : 'Blocked',
    ...(policies.length > 0 ? { authorizations: policies.map((uid) => ({ decision, policy: { uid } })) } : {}),
    ...(resource ? { resources: [resourceOf(resource)] } : {}),
    ...(allowed
      ? {}
      : {
          status_id: 2,
          status: 'Failure',
          ...defined({ status_code: textOf(facts, 'code'), status_detail: textOf(facts, 'reason') }),
        }),
  }
}

/** The event of a type that this version does not know. */
const baseEvent = (entry: Entry, line: string): Json => common(entry, line, classes.base, { id: 99, name: entry.type })

const identity = [3, 'Identity & Access Management'] as const
/** OCSF's classes, each with its category before it. */
const classes = {
  base: [0, 'Uncategorized', 0, 'Base Event'],
  session: [...identity, 3003, 'Authorize Session'],
  entity: [...identity, 3004, 'Entity Management'],
  access: [...identity, 3005, 'User Access Management'],
  api: [6, 'Application Activity', 6003, 'API Activity'],
} as const
type Class = (typeof classes)[keyof typeof classes]
type Did = { id: number; name: string; profiles?: readonly string[] }

function common(entry: Entry, line: string, [category, categoryName, of, className]: Class, did: Did): Json {
  const { id, name, profiles } = did
  const { record, number } = splitId(entry.id)
  const { severity: found = 1 } = entryTypes.get(entry.type) ?? {}
  const severity = typeof found === 'number' ? found : found(entry.facts)
  const { parent_task, digest, bundle, registry, policies, hash, facts } = entry
  return {
    ...{ category_uid: category, category_name: categoryName, class_uid: of, class_name: className },
    ...{ activity_id: id, activity_name: name, type_uid: of * 100 + id, type_name: `${className}: ${name}` },
    ...{ severity_id: severity, severity: severities[severity], status_id: 1, status: 'Success' },
    time: millisecondsOf(entry.at),
    message: `${entry.actor.id}: ${entry.type}`,
    metadata: {
      version,
      product: { name: 'Hotwork', vendor_name: 'Hotwork' },
      ...{ uid: entry.id, event_code: entry.type, sequence: number, original_time: entry.at },
      ...{ log_name: 'ledger', log_version: String(entry.v), correlation_uid: record },
      ...defined({ profiles }),
    },
    unmapped: defined({
      ...{ parent_task: parent_task?.id, digest: digest ?? undefined, bundle, registry, hash },
      ...{ policies: policies.length > 0 ? policies : undefined, action: textOf(facts, 'action') },
    }),
    raw_data: line,
  }
}

/** The actor. An agent may act for others: the whole chain is in `raw_data`. */
const actorOf = ({ actor }: Entry): Json =>
  actor.type === 'system' ? { app_name: 'Hotwork', app_uid: actor.id } : { user: userOf(actor.id) }

const userOf = (id: string): Json => {
  const [kind = '', name = id] = id.split(':')
  return kind === 'person'
    ? { uid: id, name, type_id: 1, type: 'User' }
    : { uid: id, name, type_id: 4, type: 'Service' }
}

const resourceOf = ({ type, id }: { type: string; id: string }): Json => ({ uid: id, type })

const millisecondsOf = (at: string): number => Date.parse(at)

function textOf(facts: Facts, name: string): string | undefined {
  const value = facts[name]
  return typeof value === 'string' ? value : undefined
}
