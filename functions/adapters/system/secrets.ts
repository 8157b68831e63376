import { randomBytes } from 'node:crypto'
import type { Secrets } from '../../operations/people/ports.ts'

/** 256 bits of the operating system's randomness, as base64url. */
export class SystemSecrets implements Secrets {
  secret(): string {
    return randomBytes(32).toString('base64url')
  }
}
