// Rules: test/domain/uses/actual.test.ts
import { type CatalogueEntry, pinnedBy } from '../policy/catalogue.ts'
import type { CredentialId, Json, JsonObject, NumericDate } from '../values.ts'

/** A call with credentials from Hotwork, as CloudTrail has it. */
export type RecordedCall = {
  /** CloudTrail's event id: an event that is delivered twice is one call. */
  id: string
  at: NumericDate
  /** `ssm` */
  service: string
  /** `PutParameter` */
  name: string
  account: string
  region: string
  resources: readonly string[]
  error?: string
  /** Used for the comparison with the approval, and then dropped. */
  parameters?: JsonObject
  credential?: CredentialId
}

/** The services whose names differ in CloudTrail and IAM. */
const prefixes: { readonly [service: string]: string } = { monitoring: 'cloudwatch', email: 'ses' }

/**
 * IAM's action of a call. Lambda and others append the version of their API: `UpdateFunctionConfiguration20150331v2`.
 */
export const actionOf = ({ service, name }: Pick<RecordedCall, 'service' | 'name'>): string =>
  `${prefixes[service] ?? service}:${name.replace(/\d{4}_?\d{2}_?\d{2}(?:v\d+)?$/, '')}`

export function compareArguments(
  { parameters = {}, account }: RecordedCall,
  entry: CatalogueEntry,
  approved: { arguments: JsonObject; resource: string | undefined },
): { differs: string[]; beyond: string[] } {
  const known = Object.keys(entry.arguments.properties)
  const pinned = pinnedBy(entry)
  const differs = known.filter((name) => {
    const value = shownValue(parameters, name)
    if (value === undefined) return false
    const wanted = approved.arguments[name]
    // A missing member in the record equals its default, false.
    if (wanted === undefined) return value !== false && value !== 'false'
    if (typeof wanted === 'object' || String(value) === String(wanted)) return false
    return !(pinned.includes(name) && names(String(value), String(wanted), { ...approved, account }))
  })
  const beyond = Object.keys(parameters).filter(
    (member) => isSaid(parameters[member]) && !known.some((name) => name === member || lowerFirst(name) === member),
  )
  return { differs, beyond }
}

/** Whether a value names the resource, by its name or its ARN. */
const names = (
  value: string,
  wanted: string,
  { resource, account }: { resource: string | undefined; account: string },
): boolean =>
  value === resource ||
  (value.startsWith('arn:') && value.split(':')[4] === account && value.split(/[:/]/).at(-1) === wanted)

/** A parameter's value, unless CloudTrail redacted it or shows it in part. */
export function shownValue(parameters: JsonObject, name: string): string | number | boolean | undefined {
  const value = parameters[name] ?? parameters[lowerFirst(name)]
  if (value === undefined || value === null || typeof value === 'object') return undefined
  return typeof value === 'string' && /^(?:HIDDEN_DUE_TO|\*{3})/.test(value) ? undefined : value
}

const isSaid = (value: Json | undefined): boolean => value !== undefined && value !== null && value !== ''

/** CloudTrail's members begin with a small letter, AWS's mostly with a capital. */
const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)
