import type { Cluster } from '../../../src-preload/contract/clusters';
import type { Offer } from '../../../src-preload/contract/operations';
import type { ClusterSubject } from './action';
import type { Catalogue } from './bound-action';
import { accessExcuse, inMenuOrder } from './offers';

export interface ClusterOfferRequest {
  catalogue: Catalogue;
  cluster: Cluster;
  readOnly: boolean;
  subject: ClusterSubject;
}

/**
 * What can be done to one object of a cluster, with the reason where it can't be done now. The gate and the plan decide
 * again; this only tells a person beforehand.
 */
export function clusterOffersFor({ catalogue, cluster, readOnly, subject }: ClusterOfferRequest): Offer[] {
  const offers = [...catalogue.values()].flatMap((action): Offer[] => {
    const draft = action.offerOnCluster(subject);
    if (draft === null) return [];
    const excuse = accessExcuse(action, cluster, readOnly) ?? draft.excuse;
    return [{ ...draft, excuse, action: action.id, risk: action.risk }];
  });
  return inMenuOrder(offers);
}
