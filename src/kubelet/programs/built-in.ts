/** The images and programs that every cluster knows. */
import type { ImageSpec } from '../cri/image-catalog.ts'
import type { Program, ProgramTable } from './program.ts'

const PROGRAMS: readonly Program[] = []

/** By the name under which a shell finds them. */
export const BUILT_IN_PROGRAMS: ProgramTable = new Map(PROGRAMS.map((it) => [it.name, it]))

export const BUILT_IN_IMAGES: readonly ImageSpec[] = []
