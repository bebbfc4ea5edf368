import type {
  Cluster,
  ClusterInventory,
  ClusterStorage,
  Guest,
} from '../../../src-preload/contract/clusters';
import type { ActionId, Offer } from '../../../src-preload/contract/operations';
import type { ClusterSubject, OfferDraft } from './action';
import type { Catalogue } from './bound-action';
import type { PendingRows } from '../proxmox/guest-config';
import { cloudInitOffer } from './actions/pve/cloud-init';
import { editOffer } from './actions/pve/configure';
import { optionOffers } from './actions/pve/guest-options';
import { uploadCertificateOffer } from './actions/pve/certificates';
import { uploadOffer, type ChosenFile } from './actions/pve/upload';
import { accessExcuse, inMenuOrder } from './offers';

export interface ClusterOfferRequest {
  catalogue: Catalogue;
  cluster: Cluster;
  readOnly: boolean;
  subject: ClusterSubject;
  inventory: ClusterInventory;
  others: readonly Pick<Cluster, 'id' | 'name'>[];
}

/**
 * What can be done to one object of a cluster, with the reason where it can't be done now. The gate and the plan decide
 * again; this only tells a person beforehand.
 */
export function clusterOffersFor(request: ClusterOfferRequest): Offer[] {
  const { catalogue, cluster, readOnly, subject, inventory, others } = request;
  const offers = [...catalogue.values()].flatMap((action): Offer[] => {
    const draft = action.offerOnCluster(subject, { inventory, others });
    if (draft === null) return [];
    const excuse = accessExcuse(action, cluster, readOnly) ?? draft.excuse;
    return [{ ...draft, excuse, action: action.id, risk: action.risk }];
  });
  return inMenuOrder(offers);
}

/** The form for the configuration of a guest, which was read for it. */
export function editOfferFor(
  catalogue: Catalogue,
  cluster: Cluster,
  readOnly: boolean,
  guest: Guest,
  rows: PendingRows,
): Offer {
  const action = catalogue.get('pve.guest.configure');
  if (action === undefined) throw new Error('Guests cannot be changed.');
  const draft = editOffer(guest, rows);
  const excuse = accessExcuse(action, cluster, readOnly) ?? draft.excuse;
  return { ...draft, excuse, action: action.id, risk: action.risk };
}

/** What else can be changed of a guest, by what its configuration holds. */
export function configOffersFor(
  catalogue: Catalogue,
  cluster: Cluster,
  readOnly: boolean,
  guest: Guest,
  rows: PendingRows,
): Offer[] {
  const cloudInit = cloudInitOffer(guest, rows);
  const drafts: { action: ActionId; draft: OfferDraft }[] = [
    ...(cloudInit === null
      ? []
      : [
          { action: 'pve.guest.cloudInitSettings' as const, draft: cloudInit },
          {
            action: 'pve.guest.cloudInit' as const,
            draft: { ...cloudInit, label: 'Write cloud-init drive anew', fields: [] },
          },
        ]),
    ...optionOffers(guest, rows),
  ];
  return drafts.map(({ action, draft }) => offerWith(catalogue, cluster, readOnly, action, draft));
}

/** The form for a file that was chosen for a storage. */
export function uploadOfferFor(
  catalogue: Catalogue,
  cluster: Cluster,
  readOnly: boolean,
  storage: ClusterStorage,
  file: ChosenFile,
): Offer {
  return offerWith(catalogue, cluster, readOnly, 'pve.volume.upload', uploadOffer(storage, file));
}

/** The form for a certificate and a key that were chosen for a node. */
export function certificateOfferFor(
  catalogue: Catalogue,
  cluster: Cluster,
  readOnly: boolean,
  node: string,
  files: { certificate: string; key: string },
): Offer {
  return offerWith(
    catalogue,
    cluster,
    readOnly,
    'pve.certificate.upload',
    uploadCertificateOffer(node, files),
  );
}

function offerWith(
  catalogue: Catalogue,
  cluster: Cluster,
  readOnly: boolean,
  id: ActionId,
  draft: OfferDraft,
): Offer {
  const action = catalogue.get(id);
  if (action === undefined) throw new Error(`${id} is not in the catalogue.`);
  const excuse = accessExcuse(action, cluster, readOnly) ?? draft.excuse;
  return { ...draft, excuse, action: action.id, risk: action.risk };
}
