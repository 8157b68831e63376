// Rules: test/targets/aws/runs/automation-and-build.test.ts
import { digestOf } from '../../../domain/digest.ts'
import { textsIn } from '../../../domain/policy/own-control-plane.ts'
import type { Digest, Json, JsonObject } from '../../../domain/values.ts'
import { isRole } from '../rules/runs.ts'
import { clocksDifferSeconds, listOf, objectOf, type Run, textOf, Unfit } from './run.ts'

/** A build of a CodeBuild project, of one commit or one version of an object. */
export const build: Run = {
  async start(args, { call }, key) {
    const once = { idempotencyToken: key, autoRetryLimitOverride: 0 }
    const answer = await call('codebuild:StartBuild', { ...args, ...once })
    const { id } = objectOf(answer['build'])
    return { run: textOf(id), output: { id: textOf(id) } }
  },

  /**
   * CodeBuild knows the key for five minutes, so only reading tells. It names the session that started a build; a build
   * of another session proves nothing, since AWS does not promise the form of that name.
   */
  async lookUp({ projectName = null }, { session, begunAt }, { call }) {
    const { ids } = await call('codebuild:ListBuildsForProject', { projectName, sortOrder: 'DESCENDING' })
    const newest = listOf(ids).slice(0, mostRead)
    if (newest.length === 0) return { found: 'not_done' }
    const { builds } = await call('codebuild:BatchGetBuilds', { ids: newest })
    const read = listOf(builds).map(objectOf)
    const since = read.filter(({ startTime }) => Date.parse(String(startTime)) / 1000 >= begunAt - clocksDifferSeconds)
    const own = since.find(({ initiator }) => String(initiator).endsWith(session))
    if (own) return { found: 'started', run: textOf(own['id']) }
    return { found: since.length === 0 && read.length === newest.length ? 'not_done' : 'unknown' }
  },

  async describe(args, { call }) {
    const { projects } = await call('codebuild:BatchGetProjects', { names: [args['projectName'] ?? null] })
    const [found] = listOf(projects)
    if (!found) throw new Unfit('no_project', 'AWS has no such project')
    const project = objectOf(found)
    checkVersions(project, args)
    const { serviceRole, autoRetryLimit = 0 } = project
    if (autoRetryLimit !== 0)
      throw new Unfit('build_retried', 'its project builds again after a failure: set its limit to 0')
    return {
      digest: digestOf('hotwork.build.v1', Object.fromEntries(pinned.map((name) => [name, project[name] ?? null]))),
      runsAs: isRole(serviceRole) ? serviceRole : null,
      shows: shownBy(project, args),
      open: openIn(project),
      concerns: textsIn(project),
    }
  },

  // A project has no versions: it may be changed between the last reading and the start.
  async seenNow(args, _settings, { builds }) {
    const build = objectOf(listOf(builds)[0])
    const { serviceRole } = build
    return { role: isRole(serviceRole) ? serviceRole : undefined, shows: shownBy(build, args) }
  },
}

const mostRead = 100

/** The members of a project that a build runs with. */
const pinned = [
  ...['arn', 'source', 'secondarySources', 'sourceVersion', 'secondarySourceVersions', 'environment', 'serviceRole'],
  ...['artifacts', 'secondaryArtifacts', 'cache', 'vpcConfig', 'fileSystemLocations', 'encryptionKey'],
]

/**
 * Members in which a build shows what its project was at the start. Variables that the ask overrides are in the ask; no
 * entry may override other members.
 */
function shownBy(shown: JsonObject, args: JsonObject): Digest {
  const { image = null, type = null, privilegedMode, environmentVariables } = objectOf(shown['environment'])
  const variables = args['environmentVariablesOverride'] === undefined ? listOf(environmentVariables).map(objectOf) : []
  const versions = listOf(shown['secondarySourceVersions']).map(objectOf)
  return digestOf('hotwork.build-shown.v1', {
    sources: [shown['source'], ...listOf(shown['secondarySources'])].map(objectOf).map(placeOfSource),
    versions: versions.map(({ sourceIdentifier, sourceVersion }) => [sourceIdentifier, sourceVersion] as Json),
    environment: { image, type, privilegedMode: privilegedMode ?? false },
    variables: variables.map(({ name, value, type = 'PLAINTEXT' }) => [name, value, type] as Json),
  })
}

const placeOfSource = ({ type = null, location = null, buildspec = null, sourceIdentifier = null }: JsonObject): Json =>
  [type, location, buildspec, sourceIdentifier].map((each) => each || null)

/** A branch moves, so each source is built at a commit, or at a version of its object. */
function checkVersions({ source, secondarySources, secondarySourceVersions }: JsonObject, args: JsonObject): void {
  checkVersion(objectOf(source), args['sourceVersion'], 'sourceVersion')
  const versions = listOf(secondarySourceVersions).map(objectOf)
  for (const each of listOf(secondarySources).map(objectOf)) {
    const { sourceIdentifier } = each
    const own = versions.find((version) => version['sourceIdentifier'] === sourceIdentifier)
    checkVersion(each, own?.['sourceVersion'], `the version of ${String(sourceIdentifier)}`)
  }
}

function checkVersion({ type }: JsonObject, version: Json | undefined, what: string): void {
  if (type === 'NO_SOURCE') return
  if (type === 'CODEPIPELINE') throw new Unfit('source_of_pipeline', 'only its pipeline can start this project')
  const isPinned =
    type === 'S3'
      ? typeof version === 'string' && version !== '' && version !== 'null'
      : /^[0-9a-f]{40}$/.test(String(version))
  if (!isPinned) throw new Unfit('source_not_pinned', `${what} is not a commit of 40 digits or a version of an object`)
}

function openIn({ source, environment, cache, fileSystemLocations }: JsonObject): readonly string[] {
  const { image, environmentVariables } = objectOf(environment)
  const { buildspec } = objectOf(source)
  const { type: cached = 'NO_CACHE', location: from = 'earlier builds' } = objectOf(cache)
  const secrets = listOf(environmentVariables)
    .map(objectOf)
    .filter(({ type }) => type !== undefined && type !== 'PLAINTEXT')
  return [
    ...(/@sha256:[0-9a-f]{64}$/.test(String(image)) ? [] : [`the image ${String(image)}, named without a digest`]),
    ...(/^arn:aws[\w-]*:s3:/.test(String(buildspec)) ? [`the buildspec ${String(buildspec)}`] : []),
    ...(cached === 'NO_CACHE' ? [] : [`the cache of ${String(from)}`]),
    ...listOf(fileSystemLocations).map((each) => `the files of ${String(objectOf(each)['location'])}`),
    ...secrets.map(({ name, value }) => `the value of ${String(value)} at that time, as ${String(name)}`),
  ]
}
