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

/** 256 random bits as text. A secret is never stored itself. */
export interface Secrets {
  secret(): string
  /** A text that only a holder of the secret can read, so the store may keep it where no erasure reaches. */
  seal(text: string, secret: string): string
  /** Nothing where it was sealed under another secret, is changed, or was put down before rows were sealed. */
  unseal(sealed: string | undefined, secret: string): string | undefined
}

/** An OpenID provider, by authorization code with PKCE (OpenID Connect Core 3.1, RFC 7636). */
export interface LoginProvider {
  /** @throws IssuerUnavailable when the provider does not say where it is */
  address(login: LoginAsk): Promise<string>
  /**
   * The ID token is not verified yet. `answer`: the whole address that the provider sent the browser to. @throws
   * IssuerUnavailable
   */
  redeem(answer: URL, checks: LoginChecks): Promise<Result<string, 'login_failed'>>
}
export type LoginChecks = { state: string; nonce: string; verifier: string; maxAge?: Seconds }
export type LoginAsk = LoginChecks & { redirect: string; acr?: string }

export interface IdTokens {
  /** @throws IssuerUnavailable when its keys cannot be had: then nothing is known of the token */
  verify(idToken: string, nonce: string): Promise<Result<ProvenLogin, 'login_failed'>>
}
export type ProvenLogin = {
  identity: ProvenIdentity
  acr?: string
  at?: NumericDate
  /** As its issuer names them. */
  groups?: readonly string[]
  evidence: SignedLogin
}

/** What a login is for, and how strong and new it must be: to look at a page, or to make one decision. */
export type LoginPurpose =
  | PagePurpose
  | {
      acr?: string
      maxAge?: Seconds
      /** `less`: the digest of what is left of the ask, where it is narrowed. */
      decision: PageChoice & { person: PersonId; less?: Digest }
    }

/** What a person chose on a page. `seen`: the digest of what the page showed them. */
export type PageChoice = {
  id: RequestId
  verdict: Verdict
  round: number
  digest: Digest
  seen: Digest
  comment?: string
  narrow?: Narrow
}

/** `browser`: the hash of what the browser holds, so that only it can end the login. `sealed`: the purpose, by what it holds. */
export type PendingLogin = { browser: Digest; sealed: string; nonce: string; expiresAt: NumericDate }

/** Logins and sessions, each under the hash of what the browser holds. Reads are strong. */
export interface SessionStore {
  /** Marks a login as ended. @returns false where it was marked before */
  once(key: Digest, expiresAt: NumericDate): Promise<boolean>
  begin(key: Digest, login: PendingLogin): Promise<void>
  /** For one caller only: asked again there is none. */
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
  /** All or none; false when another writer came first. @throws StoreUnavailable */
  save(change: LinkChange): Promise<boolean>
}
export type LinkChange = Appended & {
  person: PersonId
  /** The account that is theirs from now on; none where they only unlink. */
  linked?: ChatAccount
  unlinked: readonly ChatAccount[]
  /** All that are theirs from now on. */
  accounts: LinkedAccounts
  code?: Digest
}

export interface ChatDirectory {
  /** Undefined when no chat has the workspace, or the chat knows no such account. @throws BoardUnavailable when it does not answer */
  account(account: ChatAccount): Promise<(AccountLink & { name: string }) | undefined>
}

export interface UserGroups {
  /** The accounts in a group of the chat. @throws BoardUnavailable when the chat does not say */
  members(group: string): Promise<readonly string[]>
}

export interface Schedules {
  /**
   * Who is on call between two times: users of the pager, and from when and until when.
   * @throws ScheduleUnavailable when the pager does not say
   */
  onCall(
    schedule: SourceConfig<'pager'>,
    between: { since: NumericDate; until: NumericDate },
  ): Promise<readonly Shift[]>
  /** All users in it, whether or not they are on call. @throws ScheduleUnavailable */
  users(schedule: SourceConfig<'pager'>): Promise<readonly string[]>
}
export type Shift = { user: string; from?: NumericDate; until?: NumericDate }

/** Reads the members of a group between two times. @throws when the source does not say */
export type GroupReader<Config> = (
  source: Config,
  asked: { people: readonly Person[]; since: NumericDate; until: NumericDate },
) => Promise<{
  members: readonly SourcedMember[]
  /** Users of the source that no person of the directory is, where each should be one. */
  unknown?: readonly string[] | undefined
  rota?: readonly PersonId[] | undefined
}>
/** A group whose kind of source has none here is left as it is. */
export type GroupReaders = { readonly [K in ReadSourceId]?: GroupReader<SourceConfig<K>> | undefined }

/** The newest reading of each group that has a source, which deciding reads (`RequestReader.dependencies`). */
export interface GroupReadings {
  /** @returns false where a newer one is kept */
  save(group: string, reading: GroupReading): Promise<boolean>
}

export type StoredStandIns = { standIns: readonly StandIn[]; version: number }

/** All or none: a stand-in, the two lists that it is in, and its entries. */
export type StandInChange = {
  standIn: StandIn
  /** As read: the end of its chain (`noEntries` for a new one), and the versions of both lists. */
  expected: { head: Head; absences: number; taken: number }
  absences: readonly StandIn[]
  taken: readonly StandIn[]
  entries: readonly Entry[]
  head: Head
}

export interface StandInReader {
  /** Stand-ins that the absent person gave, and all that the person who would decide has been given. Read strongly. */
  of(pair: { absent: PersonId; by: PersonId }): Promise<{ absences: StoredStandIns; taken: StoredStandIns }>
  find(id: StandInId): Promise<{ standIn: StandIn; head: Head } | undefined>
  /** Newest first, those that are over too: an index finds candidates, each is read strongly. */
  list(page: { limit: number; after?: string }): Promise<Page<StandIn>>
}

interface StandInWriter {
  /** All or none; false when another writer came first. */
  save(change: StandInChange): Promise<boolean>
}

export type StandInStore = StandInReader & StandInWriter
