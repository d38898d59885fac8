/** How `kubectl get hpa` prints an autoscaler. Upstream: pkg/printers/internalversion/printers.go. */
import { ageColumn, integer, NONE, nameColumn, text, UNKNOWN, UNSET } from '../columns.ts'
import type { Column } from '../kind.ts'
import type {
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from './horizontal-pod-autoscaler.ts'

export const autoscalerColumns: readonly Column<HorizontalPodAutoscaler>[] = [
  nameColumn,
  text(
    'Reference',
    'What it scales.',
    ({ spec }) => `${spec.scaleTargetRef?.kind ?? ''}/${spec.scaleTargetRef?.name ?? ''}`,
  ),
  text('Targets', 'What was measured against what is wanted.', ({ spec, status }) =>
    targets(spec.metrics ?? [], status?.currentMetrics ?? []),
  ),
  text('MinPods', 'No fewer.', ({ spec }) =>
    spec.minReplicas === undefined ? UNSET : String(spec.minReplicas),
  ),
  integer('MaxPods', 'No more.', ({ spec }) => spec.maxReplicas),
  integer('Replicas', 'How many there are.', ({ status }) => status?.currentReplicas),
  ageColumn,
]

const SHOWN = 2

function targets(specs: readonly MetricSpec[], statuses: readonly MetricStatus[]): string {
  if (specs.length === 0) return NONE
  const texts = specs.map((spec, index) => metricText(spec, statuses[index]))
  const more = texts.length - SHOWN
  return more > 0 ? `${texts.slice(0, SHOWN).join(', ')} + ${more} more...` : texts.join(', ')
}

function metricText(spec: MetricSpec, status: MetricStatus | undefined): string {
  switch (spec.type) {
    case 'External':
      return valueText(spec.external?.target, status?.external?.current)
    case 'Object':
      return valueText(spec.object?.target, status?.object?.current)
    case 'Pods':
      return `${status?.pods?.current?.averageValue ?? UNKNOWN}/${spec.pods?.target?.averageValue ?? '0'}`
    case 'Resource':
      return `${spec.resource?.name}: ${resourceText(spec.resource?.target, status?.resource?.current)}`
    case 'ContainerResource':
      return `${spec.containerResource?.name}: ${resourceText(spec.containerResource?.target, status?.containerResource?.current)}`
    default:
      return '<unknown type>'
  }
}

function valueText(target: MetricTarget | undefined, current: MetricValueStatus | undefined): string {
  if (target?.averageValue !== undefined)
    return `${current?.averageValue ?? UNKNOWN}/${target.averageValue} (avg)`
  return `${current?.value ?? UNKNOWN}/${target?.value ?? '0'}`
}

function resourceText(target: MetricTarget | undefined, current: MetricValueStatus | undefined): string {
  if (target?.averageValue !== undefined) return `${current?.averageValue ?? UNKNOWN}/${target.averageValue}`
  const percent = (value: number | undefined, absent: string) => (value === undefined ? absent : `${value}%`)
  return `${percent(current?.averageUtilization, UNKNOWN)}/${percent(target?.averageUtilization, '<auto>')}`
}
