/** Is it healthy: each Pod, whether it answers, and how much it owns. */
import { ageText } from '../format/age.ts';
import { UNKNOWN_NUMBER } from '../format/money.ts';
import { t } from '../i18n/index.ts';
import type { ClusterView, Store } from '../store/types.ts';
import { Age } from '../ui/age.tsx';
import { Badge, type BadgeTone } from '../ui/badge.tsx';
import { Card } from '../ui/card.tsx';

type PodView = ClusterView['pods'][number];

export function HealthCard({ store }: { readonly store: Store }) {
  const aged = store.cluster.value;
  const pods = aged?.value.pods ?? [];
  return (
    <Card
      id="health"
      title={t('health.title')}
      class="health"
      aside={<Age store={store} heardAt={aged?.heardAt} isState />}
    >
      {pods.length === 0 ? (
        <p class="quiet">{t('health.empty')}</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">{t('health.pod')}</th>
              <th scope="col">{t('health.state')}</th>
              <th scope="col" class="align-right">
                {t('health.owns')}
              </th>
              <th scope="col" class="align-right">
                {t('health.heartbeat')}
              </th>
            </tr>
          </thead>
          <tbody>
            {pods.map((pod) => (
              <PodRow key={pod.pod} pod={pod} />
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

function PodRow({ pod }: { readonly pod: PodView }) {
  const { tone, key } = stateOf(pod);
  return (
    <tr>
      <th scope="row">{pod.pod}</th>
      <td>
        <Badge tone={tone}>{t(key)}</Badge>
      </td>
      <td class="number align-right">{pod.symbols}</td>
      <td class="number align-right">{pod.heartbeatAgeMs === null ? UNKNOWN_NUMBER : ageText(pod.heartbeatAgeMs)}</td>
    </tr>
  );
}

function stateOf({ live, draining }: PodView) {
  if (!live) return { tone: 'bad' as BadgeTone, key: 'health.down' as const };
  if (draining) return { tone: 'caution' as BadgeTone, key: 'health.draining' as const };
  return { tone: 'good' as BadgeTone, key: 'health.live' as const };
}
