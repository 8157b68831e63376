import type { Halt } from '../../domain/halts/halt.ts'
import type { Entry, Head } from '../../domain/ledger/ledger.ts'
import type { GroupReading, SourcedMember } from '../../domain/people/group-source.ts'
import type { AccountLink, ChatAccount, LinkedAccounts } from '../../domain/people/linking.ts'
import type { LoginSession, PagePurpose } from '../../domain/people/login.ts'
import type { Person, ProvenIdentity } from '../../domain/people/organisation.ts'
import type { StandIn } from '../../domain/people/stand-in.ts'
import type { SignedLogin } from '../../domain/record/events.ts'
import type { Narrow } from '../../domain/requests/narrow.ts'
import type {
  Digest,
  JsonObject,
  NumericDate,
  PersonId,
  RequestId,
  Result,
  Seconds,
  StandInId,
  Verdict,
} from '../../domain/values.ts'
import type { ReadSourceId, SourceConfig } from '../../group-sources/kinds.ts'
import type { Appended, Page } from '../ports.ts'

/** Secrets of 256 random bits, as text. They are never stored. */
export interface Secrets {
  secret(): string
  /** Encrypts a text to the holders of the secret. The result may be stored, also where erasure cannot reach. */
  seal(text: string, secret: string): string
  /** Undefined if the text was sealed with a different secret, was changed, or predates sealing. */
  unseal(sealed: string | undefined, secret: string): string | undefined
}

/** An OpenID provider, by authorization code with PKCE (OpenID Connect Core 3.1, RFC 7636). */
export interface LoginProvider {
  /** @throws IssuerUnavailable if the provider's discovery document is unavailable */
  address(login: LoginAsk): Promise<string>
  /**
   * The unverified ID token. `answer`: the full address to which the provider sent the browser.
   * @throws IssuerUnavailable
   */
  redeem(answer: URL, checks: LoginChecks): Promise<Result<string, 'login_failed'>>
}
export type LoginChecks = { state: string; nonce: string; verifier: string; maxAge?: Seconds }
export type LoginAsk = LoginChecks & { redirect: string; acr?: string }

export interface IdTokens {
  /** @throws IssuerUnavailable if its keys cannot be fetched: the token can be neither trusted nor refused */
  verify(idToken: string, nonce: string): Promise<Result<ProvenLogin, 'login_failed'>>
}
export type ProvenLogin = {
  identity: ProvenIdentity
  acr?: string
  at?: NumericDate
  /** The groups, by the issuer's names. */
  groups?: readonly string[]
  evidence: SignedLogin
}

/** The purpose of a login, and its required strength and age: to see a page, or to make one decision. */
export type LoginPurpose =
  | PagePurpose
  | {
      acr?: string
      maxAge?: Seconds
      /** `less`: the digest of the narrowed ask, if it is narrowed. */
      decision: PageChoice & { person: PersonId; less?: Digest }
    }

/** A person's choice on a page. `seen`: the digest of the shown page. */
export type PageChoice = {
  id: RequestId
  verdict: Verdict
  round: number
  digest: Digest
  seen: Digest
  comment?: string
  toAgent?: string
  typed?: string
  narrow?: Narrow
  suggest?: { arguments: JsonObject }
}

/**
 * `browser`: the hash of the browser's cookie, so that only it can end the login. `sealed`: the purpose, encrypted to
 * that browser.
 */
export type PendingLogin = { browser: Digest; sealed: string; nonce: string; expiresAt: NumericDate }

/** Logins and sessions, each under the hash of the browser's cookie. Reads are strong. */
export interface SessionStore {
  /** Marks a login as ended. @returns false if it was marked before */
  once(key: Digest, expiresAt: NumericDate): Promise<boolean>
  begin(key: Digest, login: PendingLogin): Promise<void>
  /** Removes and returns a login: a second call finds nothing. */
  take(key: Digest): Promise<PendingLogin | undefined>
  open(key: Digest, session: LoginSession): Promise<void>
  find(key: Digest): Promise<LoginSession | undefined>
  haltsOf(person: PersonId): Promise<readonly Halt[]>
  end(key: Digest, expiresAt: NumericDate): Promise<void>
}

export interface PersonLinks {
  find(team: string, user: string): Promise<PersonId | undefined>
  ofPerson(person: PersonId): Promise<LinkedAccounts>
  offer(code: Digest, account: ChatAccount, expiresAt: NumericDate): Promise<void>
  offered(code: Digest): Promise<{ account: ChatAccount; expiresAt: NumericDate } | undefined>
  /** All or none; false if another writer came first. @throws StoreUnavailable */
  save(change: LinkChange): Promise<boolean>
}
export type LinkChange = Appended & {
  person: PersonId
  /** The newly linked account; absent for an unlink. */
  linked?: ChatAccount
  unlinked: readonly ChatAccount[]
  /** All accounts that are linked after the change. */
  accounts: LinkedAccounts
  code?: Digest
}

export interface ChatDirectory {
  /** Undefined if no chat has the workspace, or the chat has no such account. @throws BoardUnavailable */
  account(account: ChatAccount): Promise<(AccountLink & { name: string }) | undefined>
}

export interface UserGroups {
  /** The accounts in a group of the chat. @throws BoardUnavailable */
  members(group: string): Promise<readonly string[]>
}

export interface Schedules {
  /** Shifts between two times: users of the pager, with the beginning and end of each. @throws ScheduleUnavailable */
  onCall(
    schedule: SourceConfig<'pager'>,
    between: { since: NumericDate; until: NumericDate },
  ): Promise<readonly Shift[]>
  /** All users of the schedule, on call or off. @throws ScheduleUnavailable */
  users(schedule: SourceConfig<'pager'>): Promise<readonly string[]>
}
export type Shift = { user: string; from?: NumericDate; until?: NumericDate }

/** Reads the members of a group between two times. @throws if the source does not answer */
export type GroupReader<Config> = (
  source: Config,
  asked: { people: readonly Person[]; since: NumericDate; until: NumericDate },
) => Promise<{
  members: readonly SourcedMember[]
  /** Users of the source who are not in the directory; absent for sources that may have such users. */
  unknown?: readonly string[] | undefined
  rota?: readonly PersonId[] | undefined
}>
/** Groups of a source without a reader stay unchanged. */
export type GroupReaders = { readonly [K in ReadSourceId]?: GroupReader<SourceConfig<K>> | undefined }

/** The newest reading of each group with a source, which deciding reads (`RequestReader.dependencies`). */
export interface GroupReadings {
  /** @returns false when a newer one is stored */
  save(group: string, reading: GroupReading): Promise<boolean>
}

export type StoredStandIns = { standIns: readonly StandIn[]; version: number }

/** Written all or none: a stand-in, the two lists that it is in, and its entries. */
export type StandInChange = {
  standIn: StandIn
  /** The versions as read: of its chain (`noEntries` for a new one), and of both lists. */
  expected: { head: Head; absences: number; taken: number }
  absences: readonly StandIn[]
  taken: readonly StandIn[]
  entries: readonly Entry[]
  head: Head
}

export interface StandInReader {
  /** The stand-ins that the absent person gave, and all that were given to the person who would decide. Strong read. */
  of(pair: { absent: PersonId; by: PersonId }): Promise<{ absences: StoredStandIns; taken: StoredStandIns }>
  find(id: StandInId): Promise<{ standIn: StandIn; head: Head } | undefined>
  /** Newest first, with ended ones. An index finds candidates; each is read strongly. */
  list(page: { limit: number; after?: string }): Promise<Page<StandIn>>
}

interface StandInWriter {
  /** All or none; false if another writer came first. */
  save(change: StandInChange): Promise<boolean>
}

export type StandInStore = StandInReader & StandInWriter
