// Rules: test/client/requests/receipt.test.ts
import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoLogIndex } from '../../adapters/dynamodb/log-index.ts'
import type { Answer } from '../../adapters/http/problem.ts'
import { apiProblem, refusalProblem } from '../../adapters/http/problem.ts'
import { KmsSigner } from '../../adapters/kms/kms-signer.ts'
import { KmsNoteSigner, verifyEcdsa } from '../../adapters/kms/note-signer.ts'
import { S3LogBucket } from '../../adapters/s3/log-bucket.ts'
import { RequestId } from '../../domain/values.ts'
import { makeReceipt, type ReceiptPorts } from '../../operations/anchor/make-receipt.ts'
import { type ApiPorts, pathId, personDoor, unknownRequest } from '../doors.ts'
import type { Anchor, Stores, Wiring } from '../environment.ts'
import { portsWithAnswers } from '../wiring/policy.ts'

/** The notary's typical delay. Seconds. */
const usualDelay = 2

/**
 * The receipt of a request or an opening, for people who may read. Only this function and the notary may use the
 * notary's key.
 */
export const createHandler = (ports: ApiPorts & ReceiptPorts) =>
  personDoor(ports, async (call, { person }): Promise<Answer> => {
    const id = pathId(call, RequestId, unknownRequest)
    const made = await makeReceipt({ id, person: person.id }, ports)
    if (made.ok) return { status: 200, headers: { 'content-type': 'application/jwt' }, body: made.value }
    switch (made.code) {
      case 'not_yet_anchored':
        throw apiProblem(409, made.code, undefined, { 'retry-after': String(usualDelay) })
      case 'record_broken':
        throw apiProblem(500, made.code)
      default:
        throw refusalProblem(made.code)
    }
  })

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores | Anchor | 'NOTARY_KEYS'> = (told) => ({
  ...portsWithAnswers(told),
  bucket: new S3LogBucket(told.LOG_BUCKET),
  index: new DynamoLogIndex(connect(), told.LOG_INDEX_TABLE),
  key: new KmsNoteSigner(told.NOTARY_KEYS),
  verify: verifyEcdsa,
  receiptSigner: new KmsSigner(told.NOTARY_KEYS[0] ?? ''),
})
