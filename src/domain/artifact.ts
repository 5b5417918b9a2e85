/** What the file name of an artifact says; source of the format: the naming rule of EESSI's build scripts. */
export interface ArtifactName {
  /** The whole file name. */
  file: string;
  /** `YYYY.MM` or `YYYYMMDD`, with a suffix `-…` where the name has one. */
  version: string;
  type: 'software' | 'compat' | 'init' | 'scripts';
  /** Empty for `init` and `scripts` tarballs that name no system. */
  os: string;
  /** CPU path with slashes; `x86_64/amd/zen2`. */
  cpu: string;
  accelerator: string | null;
  /** The development project (`dev.eessi.io`), or null. */
  project: string | null;
  /** Digits at the end of the name, 10 or 11 of them. */
  epoch: string;
  compression: 'zst' | 'gz';
}

/** One member of a tarball, as the listing pass sees it. */
export interface TarMember {
  path: string;
  type: 'file' | 'directory' | 'symlink' | 'hardlink' | 'device' | 'fifo' | 'other';
  /** Content bytes; 0 for everything but files. */
  bytes: number;
  mode: number;
  /** Target of a symlink or hard link, else null. */
  link: string | null;
}

/** A rule of the tarball policy that a tarball breaks. */
export interface Violation {
  /** Stable name of the rule: `escapes`, `truncated`, `misnamed` … */
  rule: string;
  /** One sentence in plain text, naming the member (control characters shown escaped). */
  sentence: string;
}

/** What a reviewer needs to know of a tarball's content; made by the one pass over it and kept with the artifact. */
export interface TarballOverview {
  files: number;
  directories: number;
  links: number;
  /** Sum of the members' contents, uncompressed. */
  contentBytes: number;
  /** `GROMACS/2024.4-foss-2023b`, sorted. */
  modules: string[];
  /** `GROMACS/2024.4-foss-2023b`, from the software directory, sorted. */
  software: string[];
  /** `<name>/<version>` directories with EasyBuild reproducibility files, sorted. */
  reprod: string[];
  /** Paths outside the prefix the artifact's name promises: the first ones, and how many there are. */
  outside: { count: number; first: string[] };
  largest: { path: string; bytes: number }[];
}

/**
 * Which artifacts are kept in the store: all; of each target of a pull request the newest; of each the first one; or none,
 * where only the results of builds are wanted.
 */
export const UPLOAD_POLICIES = ['all', 'latest', 'once', 'none'] as const;
export type UploadPolicy = (typeof UPLOAD_POLICIES)[number];

/**
 * Whether the bytes are in the store. `removed`: a newer artifact took its place. `once`, `none`: the policy under which it
 * was looked at, but not uploaded.
 */
export type Upload = 'stored' | 'removed' | 'once' | 'none';

/** A collected tarball, as recorded. */
export interface Artifact {
  id: number;
  buildId: number;
  name: string;
  sha256: string;
  bytes: number;
  /** Key in the artifact store. */
  key: string;
  /** Where a person or a tool can fetch it. */
  url: string;
  overview: TarballOverview;
  upload: Upload;
  /** The key that signed it, `SHA256:…`; null: none did. */
  signer: string | null;
  collectedAt: number;
}
