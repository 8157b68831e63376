import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Fault, Gate, type GateAsk, type GateOptions, type Problem } from 'hotwork/gate'
import { answerJson, Refusal, readJson } from './http.ts'

export interface FlagService {
  url: string
  close(): Promise<void>
}

export interface FlagServiceSettings extends GateOptions {
  /** Its own address, as its agents write it and as Hotwork has it for this tool: `http://127.0.0.1:PORT`. */
  address: string
  file?: string
  /**
   * Takes a line for each failed call that is not the agent's fault, and for each use whose end the gate was not told.
   */
  log?: (line: string) => void
}

/**
 * `GET /flags/{environment}/{flag}` is open. `PUT` of the same with `{ "value" }` or `{ "customers": [...] }` changes a
 * flag, through the gate alone. `POST /state` tells Hotwork the current value of a flag, for the people who decide.
 */
export async function startFlagService(settings: FlagServiceSettings): Promise<FlagService> {
  const { address, file, log = () => {} } = settings
  const flags = new FlagStore(file)
  const gate = new Gate(settings)

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A page elsewhere reaches loopback by a name of its own (DNS rebinding).
    if (request.headers.host !== new URL(address).host)
      throw new Refusal(403, 'foreign_host', `the service answers as ${address} alone`)
    if (request.url === '/state') return answerJson(response, 200, await tellState(request))
    const { environment, flag } = readPath(request.url ?? '')
    if (request.method === 'GET') {
      return answerJson(response, 200, stateOf(environment, flag))
    }
    if (request.method !== 'PUT')
      throw new Refusal(405, 'method_not_allowed', 'a flag is read with GET and set with PUT', { allow: 'GET, PUT' })

    const wanted = readChange(await readJson(request))
    const url = `${address}/flags/${environment}/${flag}`
    const { headersDistinct: headers } = request
    const action = 'value' in wanted ? 'flags:set' : 'flags:allow'
    const ask = { headers, method: 'PUT', url, action, arguments: { environment, flag, ...wanted } }
    answerJson(response, 200, { environment, flag, ...wanted, ...(await change(ask)) })
  }

  /** A flag that is on for some customers alone has the value false. */
  function stateOf(environment: string, flag: string): { environment: string; flag: string } & Flag {
    const state = flags.get(environment, flag)
    if (state === undefined)
      throw new Refusal(404, 'unknown_flag', `there is no flag \`${flag}\` in ${environment} yet`)
    return { environment, flag, ...state }
  }

  /** `{ "action": "flags:get", "arguments": { "environment", "flag" } }`, from Hotwork and no other. */
  async function tellState(request: IncomingMessage): Promise<object> {
    if (request.method !== 'POST')
      throw new Refusal(405, 'method_not_allowed', 'the state is asked for with POST', { allow: 'POST' })
    if (!(await gate.verifyRead(request.headersDistinct, address)))
      throw new Refusal(401, 'not_hotwork', 'only Hotwork asks here', { 'www-authenticate': 'Bearer' })
    const { action, arguments: args } = Object(await readJson(request)) as { action?: unknown; arguments?: unknown }
    if (action !== 'flags:get') throw new Refusal(404, 'not_found', 'the one read is `flags:get`')
    const { environment, flag } = readPath(`/flags/${Object(args).environment}/${Object(args).flag}`)
    return stateOf(environment, flag)
  }

  /** The one place where a flag is changed. */
  async function change(ask: GateAsk & { arguments: { environment: string; flag: string } & Change }) {
    const permit = await gate.begin(ask)
    if (!permit.permitted) throw new NotPermitted(permit.reason, permit.problem)
    const { use, usesLeft, ended } = permit
    if (ended) throw new Refusal(409, 'use_ended', 'this very call was made before: read the flag, and ask again')
    // If the gate cannot be told, the change stays, and people see a use without an end.
    const end: typeof permit.end = (outcome, note) =>
      permit.end(outcome, note).catch((fault: unknown) => log(`${use} has no end: ${describe(fault)}`))
    const { environment, flag, ...wanted } = ask.arguments
    try {
      flags.set(environment, flag, wanted, use)
    } catch (fault) {
      await end('failed', 'the flag could not be stored')
      throw fault
    }
    await end('succeeded')
    return { use, uses_left: usesLeft }
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((fault: unknown) => answerFault(response, address, fault, log))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(Number(new URL(address).port), '127.0.0.1', resolve)
  })
  return {
    url: address,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A refusal of the gate. */
class NotPermitted extends Error {
  override readonly name = 'NotPermitted'
  readonly reason: string
  readonly problem: Problem
  constructor(reason: string, problem: Problem) {
    super(problem.title)
    this.reason = reason
    this.problem = problem
  }
}

/** Names as the catalogue allows them, so that each flag here can be asked for there. None needs an escape. */
function readPath(url: string): { environment: string; flag: string } {
  const [path = ''] = url.split('?')
  const [, environment, flag] = /^\/flags\/(staging|prod)\/(?!.*\.\.)([a-z0-9][a-z0-9._-]{0,63})$/.exec(path) ?? []
  if (environment === undefined || flag === undefined)
    throw new Refusal(404, 'not_found', 'the path should be `/flags/{staging or prod}/{flag}`')
  return { environment, flag }
}

/** Customers as the catalogue allows them. */
const customer = /^[a-z0-9][a-z0-9-]{0,63}$/

function readChange(body: unknown): Change {
  const { value, customers, ...others } =
    typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  const isValue =
    typeof value === 'boolean' || Number.isSafeInteger(value) || (typeof value === 'string' && value.length <= 256)
  const isList =
    Array.isArray(customers) &&
    customers.length > 0 &&
    customers.length <= 50 &&
    new Set(customers).size === customers.length &&
    customers.every((each) => typeof each === 'string' && customer.test(each))
  if (Object.keys(others).length === 0) {
    if (isValue && customers === undefined) return { value: value as FlagValue }
    if (isList && value === undefined) return { customers }
  }
  throw new Refusal(
    400,
    'invalid_body',
    'the body should be `{ "value": ... }` (true, false, an integer, or text of at most 256 characters) or `{ "customers": [...] }` (1 to 50 different names)',
  )
}

function answerFault(response: ServerResponse, address: string, fault: unknown, log: (line: string) => void): void {
  if (fault instanceof NotPermitted) {
    const { reason, problem } = fault
    // RFC 9449: a wrong token or proof is a 401.
    const status = ['invalid_token', 'invalid_dpop_proof'].includes(reason) ? 401 : 403
    const challenge = { 'www-authenticate': `DPoP error="${reason}", algs="ES256"` }
    answerJson(response, status, { ...problem, status }, status === 401 ? challenge : {})
    return
  }
  const { status, code, message, headers } = fault instanceof Refusal ? fault : refusalOf(fault)
  if (status >= 500) log(`${code}: ${describe(fault)}`)
  const body = { type: `${address}/problems/${code}`, title: titles[status] ?? 'No', status, detail: message }
  answerJson(response, status, body, headers)
}

function refusalOf(fault: unknown): Refusal {
  if (!(fault instanceof Fault)) return new Refusal(500, 'not_stored', 'the flag could not be stored')
  const fix = 'send the very same call again, with the same proof, within a minute: it is the same use'
  const detail = `${fault.message}, so the flag is as it was; ${fix}`
  return new Refusal(503, 'gate_unavailable', detail, { 'retry-after': '2' })
}

const describe = (fault: unknown): string =>
  fault instanceof Error
    ? `${fault.message}${fault.cause === undefined ? '' : `, since ${describe(fault.cause)}`}`
    : String(fault)

const titles: { [status: number]: string } = {
  400: 'The body is not as it should be',
  404: 'There is no such thing',
  405: 'This cannot be done with a flag',
  409: 'This call was made before',
  413: 'The body is too large',
  415: 'The body should be JSON',
  500: 'The flag service failed',
  503: 'The gate does not answer, so the answer is no',
}

export type FlagValue = boolean | number | string
export type Flag = { value: FlagValue; customers?: readonly string[] }
type Change = { value: FlagValue } | { customers: readonly string[] }

/** A use cannot come again after its grant has ended, long before this. */
const rememberMilliseconds = 24 * 3600 * 1000

export class FlagStore {
  readonly #file: string | undefined
  #state: { flags: Record<string, Flag>; uses: Record<string, number> }

  constructor(file?: string) {
    this.#file = file
    const kept = file !== undefined && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
    this.#state = { flags: { ...kept.flags }, uses: { ...kept.uses } }
  }

  get(environment: string, flag: string): Flag | undefined {
    const name = `${environment}/${flag}`
    return Object.hasOwn(this.#state.flags, name) ? this.#state.flags[name] : undefined
  }

  /** A use changes a flag once: when its call is repeated, a later use may have set the flag, and that value stays. */
  set(environment: string, flag: string, change: Change, use: string): void {
    if (Object.hasOwn(this.#state.uses, use)) return
    const now = Date.now()
    const recent = Object.entries(this.#state.uses).filter(([, at]) => now - at < rememberMilliseconds)
    const state = {
      flags: {
        ...this.#state.flags,
        [`${environment}/${flag}`]: { value: false, ...this.get(environment, flag), ...change },
      },
      uses: { ...Object.fromEntries(recent), [use]: now },
    }
    if (this.#file !== undefined) {
      writeFileSync(`${this.#file}.next`, `${JSON.stringify(state, null, 2)}\n`)
      renameSync(`${this.#file}.next`, this.#file)
    }
    this.#state = state
  }
}
