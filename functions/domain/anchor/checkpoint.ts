import { sha256 } from '../digest.ts'
import { base64, joinBytes, readBase64, sameBytes, utf8 } from './bytes.ts'
import type { Hash } from './merkle.ts'

/** C2SP `signed-note` and `tlog-checkpoint`: the notary's signature of a tree. */

export type Checkpoint = { origin: string; size: number; root: Hash }

/** A key of a log: its name is the origin; `spki` is the public key in DER. */
export type NotaryKey = { name: string; spki: Uint8Array }

/** ECDSA P-256 over SHA-256, the signature in DER. */
export type VerifyEcdsa = (spki: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean

export type NoteSignature = { name: string; keyId: Uint8Array; signature: Uint8Array }

/** Host and port of the issuer, followed by `/hotwork`. */
export const originOf = (issuer: string): string => `${new URL(issuer).host}/hotwork`

/** For signature type 0x02: the first 4 bytes of SHA-256 of the key. */
export const keyIdOf = (spki: Uint8Array): Uint8Array => sha256(spki).slice(0, 4)

/** The signed text of a checkpoint. */
export const textOfCheckpoint = ({ origin, size, root }: Checkpoint): string => `${origin}\n${size}\n${base64(root)}\n`

export const writeNote = (text: string, { name, spki }: NotaryKey, signature: Uint8Array): string =>
  `${text}\n— ${name} ${base64(joinBytes(keyIdOf(spki), signature))}\n`

export type NotOpened = {
  not: 'a_note' | 'a_checkpoint' | 'of_this_origin' | 'signed_by_this_key' | 'signed'
}

/** The checkpoint, if one of the keys signed it. Signatures by other keys are ignored, as the format says. */
export function openCheckpoint(
  note: string,
  keys: readonly NotaryKey[],
  verify: VerifyEcdsa,
): { checkpoint: Checkpoint } | NotOpened {
  const read = readNote(note)
  if (!read) return { not: 'a_note' }
  const checkpoint = readCheckpoint(read.text)
  if (!checkpoint) return { not: 'a_checkpoint' }
  const named = keys.filter(({ name }) => name === checkpoint.origin)
  if (named.length === 0) return { not: 'of_this_origin' }
  const signed = read.signatures.flatMap(({ name, keyId, signature }) =>
    named
      .filter((key) => key.name === name && sameBytes(keyIdOf(key.spki), keyId))
      .map(({ spki }) => ({ spki, signature })),
  )
  if (signed.length === 0) return { not: 'signed_by_this_key' }
  const message = utf8(read.text)
  return signed.every(({ spki, signature }) => verify(spki, message, signature)) ? { checkpoint } : { not: 'signed' }
}

/** Undefined unless it is a signed note. */
export function readNote(note: string): { text: string; signatures: NoteSignature[] } | undefined {
  if (!note.endsWith('\n') || note.length > 100_000 || hasControl(note) || /\p{Surrogate}/u.test(note)) return undefined
  const cut = note.lastIndexOf('\n\n')
  if (cut < 0) return undefined
  const signatures: NoteSignature[] = []
  for (const line of note.slice(cut + 2, -1).split('\n')) {
    const [, name, encoded] = /^— ([^\s\u0085+]+) (\S+)$/u.exec(line) ?? []
    const bytes = encoded === undefined ? undefined : readBase64(encoded)
    if (name === undefined || bytes === undefined || bytes.length < 5) return undefined
    signatures.push({ name, keyId: bytes.slice(0, 4), signature: bytes.slice(4) })
  }
  return { text: note.slice(0, cut + 1), signatures }
}

/** The checkpoint in a note's text. Extension lines are not read. */
export function readCheckpoint(text: string): Checkpoint | undefined {
  const [origin, decimal = '', encoded = '', ...rest] = text.split('\n')
  const size = Number(decimal)
  const root = readBase64(encoded)
  if (!origin || !/^(0|[1-9][0-9]*)$/.test(decimal) || !Number.isSafeInteger(size) || root?.length !== 32)
    return undefined
  const extensions = rest.slice(0, -1)
  return rest.at(-1) === '' && extensions.every((line) => line !== '') ? { origin, size, root } : undefined
}

const hasControl = (text: string): boolean =>
  Array.from(text).some((character) => character < ' ' && character !== '\n')
