import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { logElsewhere as bucket, elsewhere, home, stackName, synthesizeAnchored } from './support/assembly.ts'
import { everything, isAllowed } from './support/judge.ts'
import {
  listOf,
  resourcesOf,
  rightsOf,
  type Statement,
  statementsOf,
  textOf,
  theOnly,
  valuesOf,
} from './support/template.ts'

/** The log in another account, where no administrator of Hotwork's account can touch it. */

const { outdir, hotwork: desk, anchor } = synthesizeAnchored()

const bucketArn = `arn:aws:s3:::${bucket}`
const notary = `arn:aws:iam::${home}:role/hotwork/${stackName}-notary`
const reader = `arn:aws:iam::${home}:role/${stackName}-ReadLogRole`

test('the bucket is locked for as long as the deployment says, versioned, private, and outlives its stack', () => {
  const kept = theOnly(anchor, 'AWS::S3::Bucket')
  expect(kept).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' })
  expect(kept.Properties).toMatchObject({
    BucketName: bucket,
    ObjectLockEnabled: true,
    ObjectLockConfiguration: {
      ObjectLockEnabled: 'Enabled',
      Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 2557 } },
    },
    VersioningConfiguration: { Status: 'Enabled' },
    OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
  })
  expect(kept.Properties).not.toHaveProperty('LifecycleConfiguration')
})

test("the bucket's stack has no role and no function", () => {
  expect(Object.values(anchor.Resources).map(({ Type }) => Type)).toEqual(
    expect.arrayContaining(['AWS::S3::Bucket', 'AWS::S3::BucketPolicy']),
  )
  for (const type of ['AWS::IAM::Role', 'AWS::IAM::Policy', 'AWS::Lambda::Function'])
    expect(resourcesOf(anchor, type)).toEqual([])
})

/** The bucket and the partition by their names. */
const resolved = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_key, each) => {
      if (typeof each !== 'object' || each === null || Array.isArray(each)) return each
      const text = ['Fn::GetAtt', 'Fn::Join', 'Ref'].some((intrinsic) => intrinsic in each) ? textOf(each) : undefined
      return text === undefined ? each : text.replace(/<[^>]*Bucket>/, bucketArn).replace('<AWS::Partition>', 'aws')
    }),
  )
const policy = () =>
  resolved(statementsOf(theOnly(anchor, 'AWS::S3::BucketPolicy').Properties['PolicyDocument'])) as Statement[]

type Call = { by?: string; action: string; path?: string; headers?: string; tls?: boolean }
/** Whether the bucket allows a call whose caller's own policies allow all. */
const may = ({ by = notary, action, path = '/tile/0/000.p/1', headers = 'if-none-match', tls = true }: Call) =>
  isAllowed({
    ...{ role: by, action, resource: `${bucketArn}${path}`, owner: elsewhere, identity: [everything] },
    context: { 'aws:SecureTransport': String(tls), ...(headers !== '' && { [`s3:${headers}`]: '*' }) },
    trust: policy().map((statement) => ({ ...statement })),
  })

test.each<[what: string, call: Call]>([
  ['the notary adds a new tile', { action: 's3:PutObject' }],
  ['the notary replaces the checkpoint it read', { action: 's3:PutObject', path: '/checkpoint', headers: 'if-match' }],
  ['the notary reads', { action: 's3:GetObject', headers: '' }],
  ['a reader of Hotwork reads', { by: reader, action: 's3:GetObject', headers: '' }],
  ['a reader of Hotwork learns that a file is missing', { by: reader, action: 's3:ListBucket', path: '', headers: '' }],
])('the bucket allows: %s', (_what, call) => expect(may(call)).resolves.toBe(true))

const administrators = {
  here: `arn:aws:iam::${home}:role/Administrator`,
  there: `arn:aws:iam::${elsewhere}:role/Administrator`,
}
test.each<[what: string, call: Call]>([
  ['a reader of Hotwork adds', { by: reader, action: 's3:PutObject' }],
  ["an administrator of Hotwork's account adds", { by: administrators.here, action: 's3:PutObject' }],
  ["an administrator of the bucket's own account adds", { by: administrators.there, action: 's3:PutObject' }],
  ['a stranger reads', { by: 'arn:aws:iam::333333333333:role/x', action: 's3:GetObject', headers: '' }],
  ['the notary puts without a condition', { action: 's3:PutObject', headers: '' }],
  ['the notary replaces a tile', { action: 's3:PutObject', headers: 'if-match' }],
  ['the notary adds without TLS', { action: 's3:PutObject', tls: false }],
  ['a reader of Hotwork reads without TLS', { by: reader, action: 's3:GetObject', headers: '', tls: false }],
  ...[notary, administrators.here, administrators.there].flatMap((by) =>
    ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:BypassGovernanceRetention'].map((action): [string, Call] => [
      `${by} may ${action}`,
      { by, action, headers: '' },
    ]),
  ),
  [
    "an administrator of the bucket's own account changes a retention",
    { by: administrators.there, action: 's3:PutObjectRetention', headers: '' },
  ],
])('the bucket never allows: %s', (_what, call) => expect(may(call)).resolves.toBe(false))

const ofBucket = (name: string) =>
  [...(rightsOf(desk).get(name) ?? [])].filter((right) => right.startsWith('s3:')).sort()
const reading = [
  `s3:GetObject on arn:<AWS::Partition>:s3:::${bucket}/checkpoint`,
  `s3:GetObject on arn:<AWS::Partition>:s3:::${bucket}/tile/*`,
  `s3:ListBucket on arn:<AWS::Partition>:s3:::${bucket}`,
]

test("Hotwork's own account has no bucket", () => expect(resourcesOf(desk, 'AWS::S3::Bucket')).toEqual([]))

test('the notary may add to the foreign bucket, three functions read it, two only its checkpoint, and no other uses it', () => {
  expect(ofBucket('notarize-entries')).toEqual([
    ...reading,
    `s3:PutObject on arn:<AWS::Partition>:s3:::${bucket}/checkpoint`,
    `s3:PutObject on arn:<AWS::Partition>:s3:::${bucket}/tile/*`,
  ])
  const readers = ['read-log', 'reconcile-ledger', 'sign-receipt']
  for (const name of readers) expect([name, ofBucket(name)]).toEqual([name, reading])
  const drawers = ['read-requests', 'show-pages']
  // Without the list S3 answers 403 for a missing checkpoint.
  for (const name of drawers) expect([name, ofBucket(name)]).toEqual([name, [reading[0], reading[2]]])
  const others = [...rightsOf(desk)].filter(
    ([name, rights]) =>
      !['notarize-entries', ...readers, ...drawers].includes(name) &&
      listOf(rights)
        .flat()
        .some((right) => `${right}`.includes(bucket)),
  )
  expect(others).toEqual([])
})

test('users of the foreign bucket are told its name, and the notary has the role that the bucket trusts', () => {
  expect(valuesOf(desk, 'LOG_BUCKET')).toEqual(Array.from({ length: 6 }, () => bucket))
  const names = resourcesOf(desk, 'AWS::IAM::Role').map(
    ([, { Properties }]) => `${textOf(Properties['Path'])}${textOf(Properties['RoleName'])}`,
  )
  expect(names).toContain(`/hotwork/${stackName}-notary`)
})

test('Hotwork is deployed after the stack of the bucket', () => {
  const manifest = JSON.parse(readFileSync(join(outdir, 'manifest.json'), 'utf8'))
  expect(manifest.artifacts[stackName].dependencies).toContain(`${stackName}Anchor`)
})
