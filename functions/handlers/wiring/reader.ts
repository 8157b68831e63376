import type { StateReader } from '../../operations/previews/ports.ts'

/** Reads nothing: no entry of the catalogue has a preview yet. */
const reader: StateReader = { observe: () => Promise.resolve(undefined) }

/** The same ports, with what reads the present state of what a request would change. */
export const withReader = <P extends object>(ports: P) => ({ ...ports, reader })
