// Rules: test/http/manifest.test.ts

/** The icons, which the build copies beside the function: each fills its square, so that a phone may cut it round. */
export const iconNames = ['icon.svg', 'icon-180.png', 'icon-192.png', 'icon-512.png'] as const
export type IconName = (typeof iconNames)[number]

const typeOf = (name: IconName): string => (name.endsWith('.svg') ? 'image/svg+xml' : 'image/png')
const sized = (name: IconName, sizes: string) => ({ src: `/icons/${name}`, sizes, type: typeOf(name) })
const icons = [sized('icon.svg', 'any'), sized('icon-192.png', '192x192'), sized('icon-512.png', '512x512')]

/**
 * The web manifest (W3C), by which a phone keeps the pages on its home screen. Without a service worker: a cached list
 * of waiting requests would be wrong.
 */
const manifest = {
  id: '/decide',
  name: 'Hotwork',
  short_name: 'Hotwork',
  description: 'The permit desk for AI agents',
  lang: 'en',
  start_url: '/decide',
  scope: '/',
  display: 'standalone',
  background_color: '#ffffff',
  theme_color: '#ffffff',
  icons: ['any', 'maskable'].flatMap((purpose) => icons.map((each) => ({ ...each, purpose }))),
}

const kept = { 'cache-control': 'public, max-age=86400', 'x-content-type-options': 'nosniff' }

export const manifestAnswer = () => ({
  status: 200,
  headers: { ...kept, 'content-type': 'application/manifest+json' },
  body: manifest,
})

export const iconAnswer = (name: IconName, bytes: Uint8Array) => ({
  status: 200,
  // An SVG can be opened as a page, so it gets a policy.
  headers: { ...kept, 'content-type': typeOf(name), 'content-security-policy': "default-src 'none'" },
  body: bytes,
})
