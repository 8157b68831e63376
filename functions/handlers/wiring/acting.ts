// Rules: test/infra/lambdas.test.ts
import { KmsKeySet } from '../../adapters/kms/kms-key-set.ts'
import type { Reads, Stores, Told } from '../environment.ts'
import { portsWithAnswers } from './policy.ts'
import { withReader } from './reader.ts'

export type Acting = 'ISSUER' | Stores | Reads | 'PUBLISHED_KEYS' | 'TARGET_ROLE'

/** The ports of a Lambda that issues credentials for one kind of target, or calls it. */
export function actingPorts(told: Told<Acting>) {
  const ports = withReader(told, portsWithAnswers(told))
  return { ...ports, keys: new KmsKeySet(told.PUBLISHED_KEYS), targetRole: told.TARGET_ROLE }
}
