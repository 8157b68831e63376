import { digestOf } from '../../domain/digest.ts'
import { chainEntries } from '../../domain/ledger/ledger.ts'
import { setTextsApart } from '../../domain/ledger/texts.ts'
import type { ChatAccount, LinkRefusal, Workspace } from '../../domain/people/linking.ts'
import { link, offerSeconds, unlink } from '../../domain/people/linking.ts'
import type { Directory, Person } from '../../domain/people/organisation.ts'
import { actorNamed, type Digest, defined, ok, type PersonId, type Result, refuse } from '../../domain/values.ts'
import type { Clock } from '../ports.ts'
import { recordRefusal, runAggregate } from '../requests/carry-out.ts'
import type { DecidingPorts } from '../requests/ports.ts'
import type { ChatDirectory, GroupSnapshots, PersonLinks, Secrets, UserGroups } from './ports.ts'

export type LinkPorts = Pick<DecidingPorts, 'requests' | 'ledger' | 'policy' | 'salts' | 'clock' | 'log'> & {
  links: PersonLinks
  chat: ChatDirectory
}

const attempts = 10

const codeKey = (code: string): Digest => digestOf('hotwork.link.v1', code)

/** The person who follows the link and logs in owns the account: so it is good once, and only its hash is kept. */
export async function offerLink(
  account: ChatAccount,
  { links, secrets, clock }: { links: PersonLinks; secrets: Secrets; clock: LinkPorts['clock'] },
): Promise<string> {
  const code = secrets.secret()
  await links.offer(codeKey(code), account, clock.now() + offerSeconds)
  return code
}

export async function findOffer(
  code: string,
  { links, chat, clock }: Pick<LinkPorts, 'links' | 'chat' | 'clock'>,
): Promise<{ account: ChatAccount; name: string } | undefined> {
  const offer = await links.offered(codeKey(code))
  if (!offer || clock.now() >= offer.expiresAt) return undefined
  const found = await chat.account(offer.account.user)
  return { account: offer.account, name: found?.name ?? offer.account.user }
}

/** Links the account of a code to the person who is logged in: all of it or none. */
export async function linkAccount(
  { code, person }: { code: string; person: Person },
  ports: LinkPorts,
): Promise<Result<ChatAccount, LinkRefusal | 'unknown_code'>> {
  const { links, chat, policy, clock } = ports
  const key = codeKey(code)
  const offer = await links.offered(key)
  if (!offer || clock.now() >= offer.expiresAt) return refuse('unknown_code')
  const { account } = offer
  const found = await chat.account(account.user)
  return runAggregate<Result<ChatAccount, LinkRefusal | 'unknown_code'>>(person.id, attempts, async () => {
    const [current, holder, expected] = await Promise.all([
      links.ofPerson(person.id),
      links.find(account.team, account.user),
      ports.ledger.head(person.id),
    ])
    const { people } = policy.bundle.directory
    const about = { account, found, person, people, current, holder, bundle: policy.bundle.hash }
    const whole = link(about, workspaceOf(ports), clock.now())
    if (typeof whole === 'string') return refused(person, 'link', whole, ports)
    const { events, texts } = setTextsApart(whole, undefined, () => ports.salts.salt())
    const { entries, head } = chainEntries(person.id, expected, events, undefined)
    const linked = events.length > 0 ? account : undefined
    const unlinked = events.length > 1 ? current : undefined
    const change = { person: person.id, expected, entries, head, texts, code: key, ...defined({ linked, unlinked }) }
    if (await links.save(change)) {
      ports.log.info('chat account linked', { person: person.id })
      return ok(account)
    }
    return (await links.offered(key)) ? undefined : refuse('unknown_code')
  })
}

export async function unlinkAccount(person: Person, ports: LinkPorts): Promise<Result<ChatAccount, LinkRefusal>> {
  const { links, policy, clock } = ports
  return runAggregate<Result<ChatAccount, LinkRefusal>>(person.id, attempts, async () => {
    const [current, expected] = await Promise.all([links.ofPerson(person.id), ports.ledger.head(person.id)])
    const event = unlink({ person: person.id, current, bundle: policy.bundle.hash }, clock.now())
    if (typeof event === 'string') return refused(person, 'unlink', event, ports)
    const { events, texts } = setTextsApart([event], undefined, () => ports.salts.salt())
    const { entries, head } = chainEntries(person.id, expected, events, undefined)
    const saved = await links.save({ person: person.id, expected, entries, head, texts, unlinked: event.account })
    if (!saved) return undefined
    ports.log.info('chat account unlinked', { person: person.id })
    return ok(event.account)
  })
}

const workspaceOf = ({ policy }: LinkPorts): Workspace => policy.bundle.deployment.chat

async function refused(person: Person, attempted: string, code: LinkRefusal, ports: LinkPorts) {
  await recordRefusal(actorNamed(person.id), attempted, 'not_permitted', ports)
  ports.log.warn('chat account not linked', { person: person.id, code })
  return refuse(code)
}

type GroupPorts = {
  userGroups: UserGroups
  snapshots: GroupSnapshots
  links: Pick<PersonLinks, 'find'>
  clock: Clock
}

/** Keeps the chat's whole answer or none of it. False where a newer answer is kept. @throws BoardUnavailable */
export async function refreshChatGroups(
  { people, chatGroups = {} }: Directory,
  teamId: string,
  { userGroups, snapshots, links, clock }: GroupPorts,
): Promise<boolean> {
  // Before the chat is asked: its answer is at least as new as this.
  const at = clock.now()
  const known = new Map(people.flatMap(({ id, chatUser }) => (chatUser === undefined ? [] : [[chatUser, id] as const])))
  const personOf = async (user: string): Promise<PersonId | undefined> => known.get(user) ?? links.find(teamId, user)
  const groups = Object.entries(chatGroups).map(async ([group, id]) => {
    const members = await Promise.all((await userGroups.members(id)).map(personOf))
    return [group, members.filter((person) => person !== undefined)] as const
  })
  return snapshots.save({ groups: Object.fromEntries(await Promise.all(groups)), at })
}
