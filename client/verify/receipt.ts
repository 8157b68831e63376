import { readBase64url, sameBytes, textOf } from '../../functions/domain/anchor/bytes.ts'
import { type Flaw, type FoundEntry, flawsOfChains } from '../../functions/domain/anchor/check-entries.ts'
import { type Checkpoint, openCheckpoint, originOf } from '../../functions/domain/anchor/checkpoint.ts'
import { hashOfEntry, partsOfId } from '../../functions/domain/anchor/leaf.ts'
import { rootOfInclusion } from '../../functions/domain/anchor/merkle.ts'
import { otherwise, Receipt, receiptType, saidByEntries } from '../../functions/domain/anchor/receipt.ts'
import { count, type Finding, fails, findingsOf, holds } from './finding.ts'
import { notaryKeys, type PublicKey, verifyEcdsa, verifyEs256 } from './keys.ts'
import { readStrict } from './strict-json.ts'

/** The tolerated difference between clocks. Seconds. */
const tolerance = 60

/** `receipt` is present if the text is a receipt, signed or not; `checkpoint`, if its checkpoint is valid. */
export type ReadReceipt = { receipt?: Receipt; checkpoint?: Checkpoint; findings: Finding[] }

/** Checks a receipt by itself. @param now seconds since 1970 */
export function checkReceipt(jws: string, keys: readonly PublicKey[], now: number): ReadReceipt {
  const parts = jws.split('.')
  const bytes = parts.map(readBase64url)
  const [header, payload, signature] = bytes
  if (parts.length !== 3 || !header || !payload || !signature)
    return {
      findings: [fails('signature', 'it is not a compact JWS, or its base64url is not written the one way there is')],
    }
  const signed = signatureFinding(parts, objectIn(header), signature, keys)
  const parsed = Receipt.safeParse(objectIn(payload))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const where = `\`${issue?.path.join('.') ?? ''}\`: ${issue?.message ?? ''}`
    return { findings: [signed, fails('claims', `it lacks members of a receipt (${where})`)] }
  }
  const receipt = parsed.data
  const { checkpoint, finding } = checkpointFinding(receipt, keys)
  return {
    receipt,
    ...(checkpoint ? { checkpoint } : {}),
    findings: [signed, timeFinding(receipt, now), finding, ...inclusionFinding(receipt, checkpoint)],
  }
}

function signatureFinding(
  [header64, payload64]: readonly string[],
  header: { readonly [member: string]: unknown } | undefined,
  signature: Uint8Array,
  keys: readonly PublicKey[],
): Finding {
  const no = (words: string) => fails('signature', words)
  if (!header) return no('its header is not a JSON object')
  const { alg, typ, kid, ...others } = header
  if (typ !== receiptType)
    return no(`its \`typ\` is ${JSON.stringify(typ)}, and that of a receipt is \`${receiptType}\``)
  if (alg !== 'ES256') return no(`its \`alg\` is ${JSON.stringify(alg)}, and a receipt is signed by ES256`)
  if (Object.keys(others).length > 0)
    return no(`its header has \`${Object.keys(others).join('`, `')}\`, which receipts do not have`)
  const key = keys.find((each) => each.kid === kid)
  if (!key) return no(`the JWKS has no key ${JSON.stringify(kid)}: another notary signed it, or the JWKS is too old`)
  if (!key.isNotary) return no(`the key ${kid} signs tokens: it is not the notary's, and a receipt by it is forged`)
  if (!verifyEs256(key, `${header64}.${payload64}`, signature))
    return no(`the signature is not by the key ${kid}: the receipt was changed, or another key signed it`)
  return holds('signature', `the notary signed it, with the key ${kid}`)
}

function timeFinding({ iat }: Receipt, now: number): Finding {
  const ahead = iat - now
  const at = Number.isFinite(new Date(iat * 1000).getTime()) ? new Date(iat * 1000).toISOString() : `${iat}`
  return ahead > tolerance
    ? fails('time', `it was signed at ${at}, which is ${ahead} s from now: the notary's clock or this one is wrong`)
    : holds('time', `it was signed at ${at}`)
}

function checkpointFinding(
  { iss, tree_size, checkpoint: note }: Receipt,
  keys: readonly PublicKey[],
): { checkpoint?: Checkpoint; finding: Finding } {
  const no = (words: string) => ({ finding: fails('checkpoint', words) })
  if (/^(https?:\/\/[a-z0-9_.:[\]-]+)(?:\/[!-~]*)?$/.exec(iss)?.[1] !== new URL(iss).origin)
    return no(`the address in \`iss\` is not written the one way there is: ${JSON.stringify(iss)}`)
  const origin = originOf(iss)
  const opened = openCheckpoint(note, notaryKeys(keys, origin), verifyEcdsa)
  if ('not' in opened)
    switch (opened.not) {
      case 'a_note':
      case 'a_checkpoint':
        return no('it is not a signed note of a tree')
      case 'of_this_origin':
        return no(`it is of another log than \`${origin}\`, which is that of \`${iss}\``)
      case 'signed_by_this_key':
        return no('it is not signed by a notary of the JWKS')
      case 'signed':
        return no('its signature is invalid: it was changed, or another key signed it')
      default:
        return opened.not satisfies never
    }
  const { checkpoint } = opened
  if (checkpoint.size !== tree_size)
    return no(`its tree has ${checkpoint.size} entries, and \`tree_size\` is ${tree_size}`)
  return {
    checkpoint,
    finding: holds(
      'checkpoint',
      `the notary signed the tree of ${origin} with ${count(tree_size, 'entry', 'entries')}`,
    ),
  }
}

function inclusionFinding(receipt: Receipt, checkpoint: Checkpoint | undefined): Finding[] {
  if (!checkpoint) return []
  const { sub, entries, head, leaf_index, tree_size, inclusion } = receipt
  const leaf = hashOfEntry({ id: `${sub}/${entries}`, hash: head })
  const path = inclusion.map(readBase64url)
  const root = path.every((hash) => hash !== undefined) ? rootOfInclusion(leaf_index, tree_size, leaf, path) : undefined
  return [
    root && sameBytes(root, checkpoint.root)
      ? holds('inclusion', `${sub}/${entries} is entry ${leaf_index} of that tree`)
      : {
          ...fails('inclusion', `${sub}/${entries} with this hash is not entry ${leaf_index} of that tree`),
          entry: `${sub}/${entries}`,
        },
  ]
}

export function checkAgainstEntries(receipt: Receipt, found: readonly FoundEntry[]): Finding[] {
  const { sub, entries: length, head } = receipt
  const own = found.filter(({ id }) => id.startsWith(`${sub}/`))
  const strays = own.filter(({ id }) => partsOfId(id)?.aggregate !== sub)
  const flaws: Flaw[] = [
    ...strays.map(({ id }) => ({ entry: id, flaw: 'added' as const })),
    ...flawsOfChains(own, { ends: new Map([[sub, { sequence: length, hash: head }]]) }),
  ]
  const later = own.length - length
  const findings = findingsOf(
    'entries',
    flaws,
    `${count(length, 'entry', 'entries')}: each hash holds, and each names the one before${later > 0 ? `; ${count(later, 'later entry goes on from them, and no receipt signs it', 'later entries go on from them, and no receipt signs those')}` : ''}`,
  )
  if (flaws.length > 0) return findings
  const says = saidByEntries(sub, own.slice(0, length))
  if ('broken' in says) {
    const { at, why } = says.broken
    return [
      ...findings,
      { ...fails('claims', `${at} cannot be replayed (${why}): this version of hotwork may be too old`), entry: at },
    ]
  }
  const others = otherwise(receipt, says.said)
  return [
    ...findings,
    others.length === 0
      ? holds('claims', 'the entries agree with the receipt')
      : fails('claims', `the entries differ from the receipt in \`${others.join('`, `')}\``),
  ]
}

function objectIn(bytes: Uint8Array): { readonly [member: string]: unknown } | undefined {
  try {
    const read = readStrict(textOf(bytes))
    const value = 'value' in read ? read.value : undefined
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}
