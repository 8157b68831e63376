// Rules: test/adapters/system/ids.test.ts, test/adapters/system/secrets.test.ts
import { createCipheriv, createDecipheriv, hash, randomBytes } from 'node:crypto'
import {
  type CredentialId,
  type EvaluationId,
  type HaltId,
  idAlphabet,
  type NumericDate,
  type QuestionId,
  type RequestId,
  type StandInId,
  type UseId,
} from '../../domain/values.ts'
import type { Stopwatch } from '../../operations/break-glass/notify.ts'
import type { Secrets } from '../../operations/people/ports.ts'
import type { Clock, Ids, Salts, TaskLook, TaskService } from '../../operations/ports.ts'

export class SystemClock implements Clock {
  now(): NumericDate {
    return Math.floor(Date.now() / 1000)
  }
}

/** A random id of letters with five bits each: 26 letters have 130 bits, so ids cannot be guessed. */
const randomId = <Id>(prefix: string, length = 26) =>
  `${prefix}_${Array.from(randomBytes(length), (byte) => idAlphabet[byte & 31]).join('')}` as Id

export class SystemIds implements Ids {
  readonly request = () => randomId<RequestId>('req')
  readonly opening = () => randomId<RequestId>('bgl')
  readonly credential = () => randomId<CredentialId>('crd')
  readonly use = (request: RequestId) => randomId<UseId>(`use_${request}`, 8)
  readonly standIn = () => randomId<StandInId>('sin')
  readonly question = () => randomId<QuestionId>('qst')
  readonly halt = () => randomId<HaltId>('hlt')
  readonly evaluation = () => randomId<EvaluationId>('evl')
}

export class SystemSalts implements Salts {
  salt(): string {
    return randomBytes(16).toString('base64url')
  }
}

/** Accepts an incident that matches the folder's pattern, which the caller has checked. */
export class PatternIncidents implements TaskService {
  look(): Promise<TaskLook> {
    return Promise.resolve({ answer: 'known' })
  }
}

/** 256 bits of the operating system's randomness, as base64url. */
export class SystemSecrets implements Secrets {
  secret(): string {
    return randomBytes(32).toString('base64url')
  }

  seal(text: string, secret: string): string {
    const iv = randomBytes(ivLength)
    const cipher = createCipheriv(algorithm, keyOf(secret), iv)
    return Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url')
  }

  unseal(sealed: string | undefined, secret: string): string | undefined {
    const bytes = Buffer.from(sealed ?? '', 'base64url')
    if (bytes.length < ivLength + tagLength) return undefined
    const decipher = createDecipheriv(algorithm, keyOf(secret), bytes.subarray(0, ivLength), {
      authTagLength: tagLength,
    })
    decipher.setAuthTag(bytes.subarray(-tagLength))
    const text = decipher.update(bytes.subarray(ivLength, -tagLength))
    try {
      return Buffer.concat([text, decipher.final()]).toString('utf8')
    } catch {
      return undefined
    }
  }
}

const algorithm = 'aes-256-gcm'
const [ivLength, tagLength] = [12, 16]
const keyOf = (secret: string): Buffer => hash('sha256', `hotwork.sealed.v1\n${secret}`, 'buffer')

export class SystemStopwatch implements Stopwatch {
  milliseconds(): number {
    return Date.now()
  }
}
