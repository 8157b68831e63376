// Rules: test/operations/ledger/erase-texts.test.ts
import type { Halt } from '../../domain/halts/halt.ts'
import type { Entry } from '../../domain/ledger/ledger.ts'
import {
  commitmentsAt,
  commitmentsIn,
  commitmentTo,
  idTokenEnd,
  isIdToken,
  type PersonalText,
  personalInHalt,
  personalInPermit,
  personalInRequest,
  withTextsAt,
  writtenToAgent,
} from '../../domain/ledger/texts.ts'
import type { StandingPermit } from '../../domain/permits/permit.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import { type Digest, defined, type NumericDate, rfc3339 } from '../../domain/values.ts'
import type { RequestReader, Stored } from '../record/ports.ts'
import type { TextReader } from './ports.ts'

/** Shown in place of an erased text. */
export const erasedText = '(erased)'
/** Shown in place of a text that does not match its commitment. */
const alteredText = '(altered: not the text that is on record)'

/** The same values with their personal texts, for people only. Never store the result. */
async function joinTexts<T>(values: readonly T[], places: readonly string[], texts: TextReader): Promise<readonly T[]> {
  const commitments = new Set(values.flatMap((value) => commitmentsAt(value, places)))
  if (commitments.size === 0) return values
  const found = await texts.find([...commitments])
  const read = (commitment: Digest): string => {
    const beside = found.get(commitment)
    if (!beside) return erasedText
    return isWhole(commitment, beside) ? beside.text : alteredText
  }
  return values.map((value) => withTextsAt(value, places, read))
}

const joinRequests = <S extends ApprovalRequest>(states: readonly S[], texts: TextReader) =>
  joinTexts(states, personalInRequest, texts)
export const joinHalts = (halts: readonly Halt[], texts: TextReader) => joinTexts(halts, personalInHalt, texts)
export const joinPermits = (permits: readonly StandingPermit[], texts: TextReader) =>
  joinTexts(permits, personalInPermit, texts)

/** The same request with what people wrote to its agent, and without all other texts. */
export async function joinWritten(state: ApprovalRequest, texts: TextReader): Promise<ApprovalRequest> {
  const [joined = state] = await joinTexts([state], writtenToAgent, texts)
  return joined
}

export async function joinRequest(state: ApprovalRequest, texts: TextReader): Promise<ApprovalRequest> {
  const [joined = state] = await joinRequests([state], texts)
  return joined
}

const isWhole = (commitment: Digest, { text, salt }: Pick<PersonalText, 'text' | 'salt'>) =>
  commitmentTo(text, salt) === commitment

const inStored = personalInRequest.map((at) => `/state${at}`)

export type Shown<P> = Omit<P, 'requests'> & { requests: RequestReader }

/** The same ports for an operation that only shows requests. */
export const showing = <P extends { requests: RequestReader; texts: TextReader }>(ports: P): Shown<P> => ({
  ...ports,
  requests: new ShowingRequests(ports.requests, ports.texts),
})

/**
 * Reads requests for operations that show them. An operation that decides must not use it, since it would store the
 * texts.
 */
export class ShowingRequests implements RequestReader {
  readonly #requests: RequestReader
  readonly #texts: TextReader

  constructor(requests: RequestReader, texts: TextReader) {
    this.#requests = requests
    this.#texts = texts
  }

  async load(...args: Parameters<RequestReader['load']>) {
    const [stored] = await this.#join([await this.#requests.load(...args)])
    return stored
  }

  async loadMany(...args: Parameters<RequestReader['loadMany']>) {
    return this.#join(await this.#requests.loadMany(...args))
  }

  async list(...args: Parameters<RequestReader['list']>) {
    const { items, next } = await this.#requests.list(...args)
    return { items: await this.#join(items), ...defined({ next }) }
  }

  async open(...args: Parameters<RequestReader['open']>) {
    return this.#join(await this.#requests.open(...args))
  }

  /** Leaves out texts: this read is for judging. */
  loadToAct(...args: Parameters<RequestReader['loadToAct']>) {
    return this.#requests.loadToAct(...args)
  }

  /** Leaves out texts: this read is for judging. */
  dependencies(...args: Parameters<RequestReader['dependencies']>) {
    return this.#requests.dependencies(...args)
  }

  recall(...args: Parameters<RequestReader['recall']>) {
    return this.#requests.recall(...args)
  }

  loadEvaluation(...args: Parameters<RequestReader['loadEvaluation']>) {
    return this.#requests.loadEvaluation(...args)
  }

  overdue(...args: Parameters<RequestReader['overdue']>) {
    return this.#requests.overdue(...args)
  }

  uncompared(...args: Parameters<RequestReader['uncompared']>) {
    return this.#requests.uncompared(...args)
  }

  pendingIds(...args: Parameters<RequestReader['pendingIds']>) {
    return this.#requests.pendingIds(...args)
  }

  askedLately(...args: Parameters<RequestReader['askedLately']>) {
    return this.#requests.askedLately(...args)
  }

  countOpen(...args: Parameters<RequestReader['countOpen']>) {
    return this.#requests.countOpen(...args)
  }

  #join<S extends Stored | undefined>(stored: readonly S[]): Promise<readonly S[]> {
    return joinTexts(stored, inStored, this.#texts)
  }
}

/** `altered`: the text does not match its commitment. `withheld_until`: an ID token is shown once it has expired. */
type ShownText = { text: string; salt: string; altered?: true } | { withheld_until: string }

/** Texts by entry and JSON pointer in it. Erased texts are left out. */
export type Personal = { readonly [entry: string]: { readonly [pointer: string]: ShownText } }

export async function textsBeside(entries: readonly Entry[], now: NumericDate, texts: TextReader): Promise<Personal> {
  const wanted = entries.map((entry) => ({ id: entry.id, commitments: [...commitmentsIn(entry)] }))
  const all = new Set(wanted.flatMap(({ commitments }) => commitments.map(([, commitment]) => commitment)))
  if (all.size === 0) return {}
  const found = await texts.find([...all])
  const beside: [string, { [pointer: string]: ShownText }][] = wanted.map(({ id, commitments }) => [
    id,
    Object.fromEntries(
      commitments.flatMap(([pointer, commitment]) => {
        const text = found.get(commitment)
        return text ? [[pointer, shown(pointer, commitment, text, now)]] : []
      }),
    ),
  ])
  return Object.fromEntries(beside.filter(([, pointers]) => Object.keys(pointers).length > 0))
}

/**
 * A text to show. An ID token in force is withheld, since another client of the provider may accept it as a bearer
 * token.
 */
function shown(
  pointer: string,
  commitment: Digest,
  { text, salt }: Pick<PersonalText, 'text' | 'salt'>,
  now: NumericDate,
): ShownText {
  const until = isIdToken(pointer) ? idTokenEnd(text) : 0
  if (now < until) return { withheld_until: rfc3339(until) }
  return { text, salt, ...(isWhole(commitment, { text, salt }) ? {} : { altered: true }) }
}
