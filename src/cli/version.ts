/** The version of the package, put in when it is built. */
declare const KUBARIUM_VERSION: string | undefined

export const VERSION = typeof KUBARIUM_VERSION === 'string' ? KUBARIUM_VERSION : 'source'
