import { randomUUID } from 'node:crypto'
import * as DPoP from 'dpop'
import { pushDelivery } from '../../../functions/domain/events/stream.ts'
import { openApiDocument, operations } from '../../../functions/openapi/document.ts'
import { undocumented } from './documented.ts'

/** A Hotwork, in memory or deployed, and its callers. */
export type Hotwork = {
  issuer: string
  token(caller: string): Promise<string>
  /** An address of the tool of flags. */
  flags: string
}

// biome-ignore lint/suspicious/noExplicitAny: a test reaches into JSON that it knows
type Wire = any
type How = {
  /** Parameters of the path. */
  at?: { [name: string]: string }
  query?: { [name: string]: string }
  /** Members of the example that depend on earlier answers. */
  with?: { [member: string]: unknown }
  accessToken?: string
}

const remediator = 'agent:remediator'
const tool = 'tool:flag-service'
const [ana, ben, jade, gus] = ['person:ana', 'person:ben', 'person:jade', 'person:gus'] as const

const routeOf = new Map(Object.entries(operations).map(([route, { id }]) => [id, route]))
export const withExamples = Object.values(operations).flatMap(({ id, example }) => (example ? [id] : []))

/**
 * Sends the examples of the document in the order of a life: an ask, its decision, its token, its use and its end, then
 * other acts of people and tools.
 */
export class Life {
  readonly sent: string[] = []
  readonly differences: string[] = []
  readonly #hotwork: Hotwork
  #key: Promise<DPoP.KeyPair> = DPoP.generateKeyPair('ES256')

  constructor(hotwork: Hotwork) {
    this.#hotwork = hotwork
  }

  async send(
    id: string,
    caller: string | undefined,
    { at = {}, query, with: changed, accessToken }: How = {},
  ): Promise<Wire> {
    const route = routeOf.get(id) ?? ''
    const { example, as, by, key, gives } = operations[route] as (typeof operations)[string]
    const [method = '', pattern = ''] = route.split(' ')
    const path = pattern.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(at[name] ?? ''))
    const members = example && { ...example, ...changed }
    const body =
      members && (as ? new URLSearchParams(members as Record<string, string>).toString() : JSON.stringify(members))
    const { issuer } = this.#hotwork
    const url = `${issuer}${path}`
    const isProven = by.some((each) => 'proof' in each)
    const response = await fetch(query ? `${url}?${new URLSearchParams(query)}` : url, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': as ?? 'application/json' }),
        ...(accessToken === undefined ? {} : { authorization: `DPoP ${accessToken}` }),
        ...(caller === undefined ? {} : { authorization: `Bearer ${await this.#hotwork.token(caller)}` }),
        ...(key === undefined ? {} : { 'idempotency-key': randomUUID() }),
        ...(isProven ? { dpop: await this.prove(method, url, accessToken) } : {}),
      },
      ...(body === undefined ? {} : { body }),
    })
    const text = await response.text()
    const type = response.headers.get('content-type') ?? undefined
    this.sent.push(id)
    this.differences.push(...undocumented(route, { status: response.status, type, body: text }))
    if (!(response.status in gives)) this.differences.push(`${id} was refused: ${response.status} ${text}`)
    return text !== '' && /[+/]json\b/.test(type ?? '') ? JSON.parse(text) : text
  }

  async prove(method: string, url: string, accessToken?: string): Promise<string> {
    return DPoP.generateProof(await this.#key, url, method, undefined, accessToken)
  }

  async approve(): Promise<string> {
    const { context } = await this.send('evaluate', remediator)
    const { expires_at, binding_token } = context.access_request
    const denial = { evaluation_id: context.evaluation_id, expires_at, binding_token }
    const { task } = await this.send('submitRequest', remediator, { with: { denial } })
    const at = { id: task.id as string }
    const { questions } = await this.send('askQuestion', ana, { at })
    await this.send('answerQuestion', remediator, { at, with: { question: questions[0].id } })
    await this.send('askColleague', ana, { at })
    const { round, digest } = await this.send('readRequest', ben, { at })
    await this.send('decideRequest', ben, { at, with: { round, digest } })
    await this.send('readTask', remediator, { at, query: { wait: '1' } })
    return at.id
  }

  async claim(id: string): Promise<string> {
    const subject_token = await this.#hotwork.token(remediator)
    const authorization_details = JSON.stringify([{ type: 'hotwork_action', request: id }])
    return (await this.send('issueToken', undefined, { with: { subject_token, authorization_details } })).access_token
  }

  /** From the ask to the end of the task. */
  async ofRequest(): Promise<string> {
    await this.send('evaluateMany', remediator)
    await this.send('listActions', remediator)
    await this.send('searchActions', remediator)
    await this.send('completeAsk', remediator)
    const id = await this.approve()
    const at = { id }
    const token = await this.claim(id)
    await this.send('introspectToken', tool, { with: { token } })
    const { flags: url } = this.#hotwork
    const proof = await this.prove('POST', url, token)
    const { use } = await this.send('beginUse', tool, { with: { token, proof, url } })
    await this.send('endUse', tool, { at: { id: use } })
    await this.send('completeRequest', remediator, { at })
    return id
  }

  /** Acts of people about requests. */
  async ofPeople(ended: string): Promise<void> {
    const id = await this.approve()
    const at = { id }
    const until = new Date(Date.now() + 3_600_000).toISOString()
    await this.send('foreseePermit', ben, { at })
    const permit = await this.send('givePermit', ben, { at, with: { until } })
    await this.send('listPermits', ben)
    await this.send('revokePermit', ben, { at: { id: permit.id } })
    const token = await this.claim(id)
    await this.send('extendRequest', remediator, { at })
    await this.send('delegateRequest', remediator, { at })
    await this.send('revokeToken', remediator, { with: { token } })
    await this.send('revokeRequest', gus, { at })
    for (const read of ['readMe', 'listGroups', 'listRequests', 'searchLedger', 'listAgents', 'readRegistry'])
      await this.send(read, ana)
    for (const read of ['readRequestLedger', 'drawTimeline']) await this.send(read, ana, { at: { id: ended } })
    await this.send('readRecord', ana, { at: { aggregate: ended } })
    const agent = { id: 'agent:nightly' }
    const { evidence_digest } = await this.send('readAgent', gus, { at: agent })
    await this.send('recertifyAgent', gus, { at: agent, with: { evidence_digest } })
    await this.send('askForRegistryChange', gus)
    const halt = await this.send('declareHalt', gus, { with: { agent: 'agent:nightly' } })
    await this.send('listHalts', ana, { query: { all: 'true' } })
    await this.send('liftHalt', 'person:hana', { at: { id: halt.id } })
    const standIn = await this.send('giveStandIn', ana, { with: { until } })
    await this.send('listStandIns', ana)
    await this.send('endStandIn', ana, { at: { id: standIn.id } })
  }

  /** The stream of a tool. */
  async ofStream(endpoint_url: string): Promise<void> {
    const delivery = { method: pushDelivery, endpoint_url }
    const { stream_id } = await this.send('registerStream', tool, { with: { delivery } })
    const of = { stream_id }
    await this.send('readStreams', tool, { query: of })
    await this.send('changeStream', tool, { with: of })
    await this.send('replaceStream', tool, { with: { ...of, delivery } })
    await this.send('readStreamStatus', tool, { query: of })
    await this.send('changeStreamStatus', tool, { with: { ...of, status: 'enabled' } })
    await this.send('verifyStream', tool, { with: of })
    await this.send('removeStream', tool, { query: of })
  }

  /** An opening of break-glass. */
  async ofOpening(): Promise<void> {
    const { id } = await this.send('openBreakGlass', jade)
    const at = { id }
    await this.send('listOpenings', ana)
    await this.send('readOpening', ana, { at })
    await this.send('endOpening', jade, { at })
    await this.send('reviewOpening', gus, { at })
    await this.send('readOpeningLedger', ana, { at })
  }

  /** Documents for anyone. */
  async ofMetadata(): Promise<Wire> {
    for (const [route, { id }] of Object.entries(operations))
      if (/^GET \/(?:\.well-known|schemas)\//.test(route)) await this.send(id, undefined)
    const served = await this.send('describeApi', undefined)
    this.differences.push(
      ...(JSON.stringify(served.paths) === JSON.stringify(openApiDocument()['paths'])
        ? []
        : ['another document is served']),
    )
    return served
  }
}
