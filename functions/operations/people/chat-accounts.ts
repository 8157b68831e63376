// Rules: test/operations/people/link-slack.test.ts
import { digestOf } from '../../domain/digest.ts'
import { chainEntries, type Head } from '../../domain/ledger/ledger.ts'
import { setTextsApart } from '../../domain/ledger/texts.ts'
import type { ChatAccount, LinkEvent, LinkRefusal } from '../../domain/people/linking.ts'
import { evolveLink, type LinkedAccounts, link, offerSeconds, unlink } from '../../domain/people/linking.ts'
import type { Person } from '../../domain/people/organisation.ts'
import { workspacesIn } from '../../domain/policy/bundle.ts'
import { actorNamed, type Digest, defined, ok, type Result, refuse } from '../../domain/values.ts'
import type { DecidingPorts } from '../record/ports.ts'
import { recordRefusal } from '../record/refuse.ts'
import { runAggregate } from '../record/run-aggregate.ts'
import type { ChatDirectory, PersonLinks, Secrets } from './ports.ts'

export type LinkPorts = Pick<DecidingPorts, 'requests' | 'ledger' | 'policy' | 'salts' | 'clock' | 'log'> & {
  links: PersonLinks
  chat: ChatDirectory
}

/** `digest` names the offer without revealing its code. */
export type LinkOffer = { account: ChatAccount; name: string; digest: Digest }

const attempts = 10

const codeKey = (code: string): Digest => digestOf('hotwork.link.v1', code)

/**
 * Offers a link. The person who follows it and logs in owns the account, so its code works once and only the hash is
 * stored.
 */
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
): Promise<LinkOffer | undefined> {
  const digest = codeKey(code)
  const offer = await links.offered(digest)
  if (!offer || clock.now() >= offer.expiresAt) return undefined
  const found = await chat.account(offer.account)
  return { account: offer.account, name: found?.name ?? offer.account.user, digest }
}

/**
 * Links the account of a code to the logged-in person, all or none. A foreign site can put another code into a person's
 * browser, so the code must match the digest that their page showed (`seen`).
 */
export async function linkAccount(
  { code, seen, person }: { code: string; seen: string | undefined; person: Person },
  ports: LinkPorts,
): Promise<Result<ChatAccount & { name: string }, LinkRefusal | 'unknown_code' | 'other_offer'>> {
  const { links, chat, policy, clock } = ports
  const key = codeKey(code)
  if (seen !== key) return refuse('other_offer')
  const offer = await links.offered(key)
  if (!offer || clock.now() >= offer.expiresAt) return refuse('unknown_code')
  const { account } = offer
  const found = await chat.account(account)
  return runAggregate<Awaited<ReturnType<typeof linkAccount>>>(person.id, attempts, async () => {
    // Reads the head first, since the write's condition covers only that: a change between the reads must fail it.
    const expected = await ports.ledger.head(person.id)
    const [current, holder] = await Promise.all([links.ofPerson(person.id), links.find(account.team, account.user)])
    const { people } = policy.bundle.directory
    const about = { account, found, person, people, current, holder, bundle: policy.bundle.hash }
    const whole = link(about, workspacesIn(policy.bundle.deployment), clock.now())
    if (typeof whole === 'string') return refused(person, 'link', whole, ports)
    const recorded = record(person, whole, expected, ports)
    const linked = whole.length > 0 ? account : undefined
    const change = { ...recorded, ...unlinking(whole, current), code: key, ...defined({ linked }) }
    if (await links.save(change)) {
      ports.log.info('chat_account_linked', { person: person.id })
      return ok({ ...account, name: found?.name ?? account.user })
    }
    return (await links.offered(key)) ? undefined : refuse('unknown_code')
  })
}

/** @param seen the linked account that their page showed */
export async function unlinkAccount(
  { person, seen }: { person: Person; seen: { team: string; user: string } },
  ports: LinkPorts,
): Promise<Result<ChatAccount, LinkRefusal | 'other_account'>> {
  const { links, policy, clock } = ports
  return runAggregate<Result<ChatAccount, LinkRefusal | 'other_account'>>(person.id, attempts, async () => {
    const expected = await ports.ledger.head(person.id)
    const current = await links.ofPerson(person.id)
    const account = current.find(({ team }) => team === seen.team)
    if (account && account.user !== seen.user) return refuse('other_account')
    const event = unlink({ person: person.id, account, bundle: policy.bundle.hash }, clock.now())
    if (typeof event === 'string') return refused(person, 'unlink', event, ports)
    const recorded = record(person, [event], expected, ports)
    if (!(await links.save({ ...recorded, ...unlinking([event], current) }))) return undefined
    ports.log.info('chat_account_unlinked', { person: person.id })
    return ok(event.account)
  })
}

/** The entries on the person's own chain. */
function record(person: Person, whole: readonly LinkEvent[], expected: Head, { salts }: LinkPorts) {
  const { events, texts } = setTextsApart(whole, undefined, () => salts.salt())
  return { person: person.id, expected, ...chainEntries(person.id, expected, events, undefined), texts }
}

const unlinking = (events: readonly LinkEvent[], current: LinkedAccounts) => ({
  unlinked: events.flatMap(({ type, account }) => (type === 'Unlinked' ? [account] : [])),
  accounts: events.reduce(evolveLink, current),
})

async function refused(person: Person, attempted: string, code: LinkRefusal, ports: LinkPorts) {
  await recordRefusal(actorNamed(person.id), attempted, 'not_permitted', ports)
  ports.log.warn('chat_account_not_linked', { person: person.id, code })
  return refuse(code)
}
