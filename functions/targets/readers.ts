// Rules: test/seams/seams.test.ts
import type { Statements } from '../operations/credentials/ports.ts'
import type { Policy } from '../operations/policy/ports.ts'
import type { Clock } from '../operations/ports.ts'
import { readerOf as awsReader, SdkReader } from './aws/reads/aws-reads.ts'
import { ReaderSessions } from './aws/reads/reader-sessions.ts'
import type { TargetId } from './kinds.ts'
import { readerOf as kubernetesReader } from './kubernetes/reach.ts'
import type { Reader } from './reach.ts'
import { HttpToolReader, readerOf as toolReader } from './tool/reach.ts'

export type ReadersTold = { READER_ROLE: string }
type ReadersPorts = { policy: Pick<Policy, 'bundle'>; statements: Pick<Statements, 'sign'>; clock: Clock }
export type Readers = { readonly [kind in TargetId]: Reader }

/**
 * The readers of each kind. Lambdas that decide on a present state load them; only a kind's own Lambdas load the rest
 * of it.
 */
export const makeReaders = (told: ReadersTold, ports: ReadersPorts) =>
  ({
    aws: awsReader(new SdkReader(new ReaderSessions(told.READER_ROLE)), ports),
    tool: toolReader(new HttpToolReader(ports), ports),
    kubernetes: kubernetesReader(ports),
    // People see the entry before and after a change instead of a preview.
    hotwork: { canRead: () => false, read: async () => ({ found: 'failed', why: 'unavailable', fault: 'no_reader' }) },
  }) satisfies Readers
