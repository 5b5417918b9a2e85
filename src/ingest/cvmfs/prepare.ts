import type { TarMember } from '../../domain/artifact.ts';
import { Permanent } from '../../domain/errors.ts';
import type { SpooledArtifact } from '../../ports.ts';
import { type Group, groupsOf } from './groups.ts';
import type { Mounted } from './mounted.ts';
import { type Contents, type Place, surveyOf } from './survey.ts';

/** A group whose tarballs were read to their end, and fit what is in the repository. */
export interface Prepared {
  group: Group;
  contents: Contents;
  /** All that will be there, listed from the tarballs again. */
  places(): AsyncIterable<Place>;
  /** A rule for one joined stream, by which a path that several tarballs have goes in once. */
  keep(): (member: TarMember) => boolean;
  /** First path components, sorted: `2025.06`. */
  versions: string[];
  /** `<version>/compat/<os>/<arch>` of a compatibility layer; empty for other groups. */
  compatLayers: string[];
}

/** Reads every tarball of a deploy and compares it with the repository; throws Permanent where something does not fit. */
export async function prepare(files: readonly SpooledArtifact[], mounted: Mounted): Promise<Prepared[]> {
  const prepared: Prepared[] = [];
  for (const group of groupsOf(files)) {
    const survey = surveyOf(group.files);
    const versions = new Set<string>();
    const layers = new Set<string>();
    const beside = async function* (places: AsyncIterable<Place>): AsyncGenerator<Place> {
      for await (const place of places) {
        versions.add(place.path.split('/')[0] ?? '');
        // A layer that is there is moved aside, so it may be anything.
        const layer = group.compat ? /^([^/]+\/compat\/[^/]+\/[^/]+)(\/|$)/.exec(place.path)?.[1] : undefined;
        if (layer === undefined) yield place;
        else layers.add(layer);
      }
    };
    // Where something does not fit the places are listed again, to name it; that must not count anything twice.
    const readings = [survey.places()];
    const places = () => surveyOf(group.files).places();
    await mounted.compare('before', group.base, () => beside(readings.shift() ?? places()));
    const contents = await survey.contents();
    if (contents.files === 0) throw new Permanent('The tarballs of the deploy have no files in them.');
    const keep = () => {
      const given = new Set<string>();
      return ({ path }: TarMember) => {
        if (!contents.repeated.has(path)) return true;
        if (given.has(path)) return false;
        given.add(path);
        return true;
      };
    };
    const [sortedVersions, compatLayers] = [[...versions].sort(), [...layers].sort()];
    prepared.push({ group, contents, places, keep, versions: sortedVersions, compatLayers });
  }
  return prepared;
}
