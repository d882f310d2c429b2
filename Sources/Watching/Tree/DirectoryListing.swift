internal import LinuxIO
internal import SystemPackage

/// The directories in a directory, and the files that could be modules.
struct DirectoryListing {
  struct File {
    var name: FilePath.Component
    var isLink: Bool
  }

  private(set) var directories: [FilePath.Component] = []
  private(set) var files: [File] = []

  /// Lists a freshly opened directory; its position is spent afterwards.
  init(of directory: borrowing Descriptor, isModule: (FilePath.Component) -> Bool) throws(SystemError) {
    var listing = (directories: directories, files: files)
    try DirectoryReader(capacity: 32 << 10).forEachEntry(of: directory) { entry, kind in
      guard !entry.isDots, let name = FilePath.Component(platformString: entry.start) else { return }
      // Some file systems do not keep the kind of a name with it.
      switch kind == .unknown ? (try? directory.status(ofEntry: entry.start))?.kind : kind {
      case .directory: listing.directories.append(name)
      case .regular: if isModule(name) { listing.files.append(File(name: name, isLink: false)) }
      case .symbolicLink: if isModule(name) { listing.files.append(File(name: name, isLink: true)) }
      default: break
      }
    }
    (directories, files) = listing
  }
}
