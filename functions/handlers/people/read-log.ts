// Rules: test/http/transparency.test.ts
import type { Answer } from '../../adapters/http/problem.ts'
import { apiProblem, refusalProblem } from '../../adapters/http/problem.ts'
import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import { S3LogBucket } from '../../adapters/s3/log-bucket.ts'
import { SystemClock } from '../../adapters/system/system.ts'
import { checkpointPath, isTilePath } from '../../domain/anchor/tiles.ts'
import { mayRead } from '../../domain/deciding/questions.ts'
import type { LogReader } from '../../operations/anchor/ports.ts'
import { type ApiPorts, personDoor } from '../doors.ts'
import type { Wiring } from '../environment.ts'
import { cedarPolicy } from '../wiring/policy.ts'

/** The log's files as in its bucket (C2SP `tlog-tiles`), for people who may read. */
export const createHandler = (ports: Pick<ApiPorts, 'issuer' | 'policy' | 'clock' | 'log'> & { bucket: LogReader }) =>
  personDoor(ports, async (call, { person }): Promise<Answer> => {
    const path = call.path('path')
    if (!mayRead(ports.policy, person.id, ports.clock.now())) throw refusalProblem('not_permitted')
    const isCheckpoint = path === checkpointPath
    const bytes = isCheckpoint || isTilePath(path) ? await ports.bucket.read(path) : undefined
    if (!bytes) throw apiProblem(404, 'not_found')
    // Only a private cache may keep them: a checkpoint for a second, a tile forever.
    return isCheckpoint
      ? { status: 200, headers: served('text/plain; charset=utf-8', 'private, max-age=1'), body: bytes }
      : {
          status: 200,
          headers: served('application/octet-stream', 'private, max-age=31536000, immutable'),
          body: bytes,
        }
  })

const served = (type: string, cache: string) => ({ 'content-type': type, 'cache-control': cache })

export const wire: Wiring<typeof createHandler, 'ISSUER' | 'LOG_BUCKET'> = (told) => ({
  issuer: told.ISSUER,
  policy: cedarPolicy(),
  clock: new SystemClock(),
  log: new PowertoolsLog(),
  bucket: new S3LogBucket(told.LOG_BUCKET),
})
