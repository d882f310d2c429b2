internal import LinuxIO
internal import SystemPackage

/// The directories in a directory, and the files that are taken.
struct DirectoryListing {
  struct File {
    var name: FilePath.Component
    var isLink: Bool
  }

  private(set) var directories: [FilePath.Component] = []
  private(set) var files: [File] = []

  /// Lists a freshly opened directory; its position is spent afterwards.
  init(of directory: borrowing Descriptor, takesFile: (EntryName) -> Bool) throws(SystemError) {
    var listing = (directories: directories, files: files)
    try DirectoryReader(capacity: 32 << 10).forEachEntry(of: directory) { entry, kind in
      if entry.isDots { return }
      // Some file systems do not keep the kind of a name with it.
      let kind = kind == .unknown ? (try? directory.status(ofEntry: entry.start))?.kind : kind
      guard kind == .directory || (kind == .regular || kind == .symbolicLink) && takesFile(entry),
        let name = FilePath.Component(platformString: entry.start)
      else { return }
      if kind == .directory {
        listing.directories.append(name)
      } else {
        listing.files.append(File(name: name, isLink: kind == .symbolicLink))
      }
    }
    (directories, files) = listing
  }
}
