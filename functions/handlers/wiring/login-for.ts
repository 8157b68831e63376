import type { LoginWanted } from '../../domain/people/login-strength.ts'
import { openedBy, type WhatToOpen } from '../../operations/break-glass/what-to-open.ts'
import type { DecidingPorts } from '../../operations/requests/ports.ts'

/** All that breaking this glass takes of a login, and not only what was lacking first: one more login is then enough. */
export function loginFor(what: WhatToOpen, ports: DecidingPorts): LoginWanted | undefined {
  const glass = ports.policy.bundle.breakGlass
  const found = glass && openedBy(what, glass, ports)
  return found?.ok ? found.value.terms.login : undefined
}
