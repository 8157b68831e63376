import { randomBytes } from 'node:crypto'
import type { CredentialId, EvaluationId, HaltId, RequestId, StandInId, UseId } from '../../domain/values.ts'
import type { Ids } from '../../operations/ports.ts'

/** Crockford's base 32 in lower case: no `i`, `l`, `o` or `u`. Its 32 letters make a byte's low five bits one letter. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** 26 letters of five random bits each: 130 bits, and nothing of the time in them, so no id tells of another. */
const random26 = (): string => Array.from(randomBytes(26), (byte) => alphabet[byte & 31]).join('')

/** Ids from the operating system's randomness. */
export class SystemIds implements Ids {
  request() {
    return `req_${random26()}` as RequestId
  }
  breakGlass() {
    return `bgl_${random26()}` as RequestId
  }
  credential() {
    return `crd_${random26()}` as CredentialId
  }
  use() {
    return `use_${random26()}` as UseId
  }
  standIn() {
    return `sin_${random26()}` as StandInId
  }
  halt() {
    return `rev_${random26()}` as HaltId
  }
  evaluation() {
    return `evl_${random26()}` as EvaluationId
  }
}
