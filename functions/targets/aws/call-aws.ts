import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { apiProblem, refusalProblem } from '../../adapters/http/problem.ts'
import { KmsKeySet } from '../../adapters/kms/kms-key-set.ts'
import { namingFault, OfRequest } from '../../handlers/batches.ts'
import { bind } from '../../handlers/environments.ts'
import { portsWithAnswers } from '../../handlers/wiring/policy.ts'
import { withReader } from '../../handlers/wiring/reader.ts'
import type { AwsCredentialBroker } from '../../operations/credentials/ports.ts'
import type { ReaderPorts } from '../../operations/previews/read-again.ts'
import { callAws, resolveCall } from '../../operations/uses/call-aws.ts'
import type { AwsCaller } from '../../operations/uses/ports.ts'
import { type AwsPorts, awsDoor, refusalAt } from './aws-door.ts'
import { SdkCaller } from './calls/sdk-caller.ts'
import { StsBroker } from './sts/broker.ts'

const path = '/aws/calls'

/**
 * `POST /aws/calls`: makes the one stored call of a mediated action, and answers what AWS answered. The sweep
 * names calls whose outcome is unknown: each is looked up and put on the record. Both need the same rights.
 */
export function createHandler(ports: AwsPorts & ReaderPorts & { broker: AwsCredentialBroker; caller: AwsCaller }) {
  const answerCall = awsDoor(path, ports, async (call, token, once) => {
    const made = await callAws(token, once, ports)
    if (made.ok) return { status: 200, headers: { 'cache-control': 'no-store' }, body: { output: made.value } }
    if (made.code === 'call_failed') throw callFailed(made.detail)
    if (made.code === 'outcome_unknown') throw outcomeUnknown(made.detail)
    if (made.code !== 'call_not_sent') throw refusalAt(path, made.code, made.detail)
    ports.log.error('fault', { route: call.route, fault: made.detail, requestId: call.requestId })
    throw made.detail === 'CallOutdated' ? outdated() : notSent()
  })
  /** What became of it is in the record, and no caller is told. */
  const lookUp = async (message: unknown) =>
    void (await namingFault(() => resolveCall(OfRequest.parse(message).requestId, ports)))
  return (event: APIGatewayProxyEventV2 | { requestId: string }) =>
    'requestId' in event ? lookUp(event) : answerCall(event)
}

const callFailed = (fault: string | undefined) =>
  apiProblem(
    502,
    'call_failed',
    `AWS answered \`${fault}\`, and nothing was done: a new request is needed to try again`,
  )

const notSent = () => {
  const detail = 'AWS could not be reached. The call was not sent and no use is spent: ask again with a new proof'
  return apiProblem(503, 'temporarily_unavailable', detail, { 'retry-after': '5' })
}

const outdated = () => {
  const detail =
    'What is there changed at the last moment. Nothing was done and no use is spent: ask again with a new proof'
  return apiProblem(503, 'temporarily_unavailable', detail, { 'retry-after': '1' })
}

/** @param note why the outcome can never be known, where that is so */
const outcomeUnknown = (note: string | undefined) =>
  note === undefined
    ? refusalProblem('outcome_unknown', 'in a minute ask again, and it is looked up', { 'retry-after': '60' })
    : refusalProblem('outcome_unknown', note)

export const handler = bind(
  'call-aws',
  (told) => {
    const ports = withReader(told, portsWithAnswers(told))
    const [broker, caller] = [new StsBroker(ports.log), new SdkCaller()]
    return { ...ports, broker, caller, keys: new KmsKeySet(told.PUBLISHED_KEYS), targetRole: told.TARGET_ROLE }
  },
  createHandler,
)
