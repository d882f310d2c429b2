/// The selection of a scan, the links that it follows, and its number of threads.
package struct ScanOptions: Sendable {
  package var selection: ModuleSelection
  /// Also enters directories through symbolic links; each directory is still scanned once, under its real path if it has
  /// one below the roots.
  package var followLinks: Bool
  /// Tells in the result which directories were listed.
  package var namesDirectories: Bool
  package var jobs: Int

  package init(
    selection: ModuleSelection = ModuleSelection(), followLinks: Bool = false, namesDirectories: Bool = false, jobs: Int
  ) {
    self.selection = selection
    self.followLinks = followLinks
    self.namesDirectories = namesDirectories
    self.jobs = jobs
  }
}
