internal import LinuxIO
package import SystemPackage

/// A message about the watching itself; `description` is the text to show.
package enum WatchNotice: Hashable, Sendable {
  package enum RescanCause: Hashable, Sendable {
    case overflow
    case requested
    /// The library keeps a node for each directory that ever was; starting over frees them.
    case staleNodes
    /// Until now there was none to be had.
    case inotifyReturned
    case dependency(WatchDependency)
    case mounts
  }

  package enum PollingCause: Hashable, Sendable {
    /// Changes made on other machines, or behind a FUSE server's back, cause no events.
    case remoteFileSystem(FilePath)
    case noInotify(InotifyFailure)
  }

  /// Told for the first time only: events were lost, all roots are listed again as soon as it is quiet.
  case overflow
  /// All roots were listed again; `overflows` counts those since the start.
  case rescanned(cause: RescanCause, directories: Int, overflows: Int)
  /// Told once: `polled` directories found no room for a watch.
  case watchLimit(InotifyLimits.Watches, sufficient: Int, polled: Int)
  /// Told once for each cause.
  case polling(PollingCause, interval: Duration)
  /// The configuration is another: everything begins again with it.
  case configured
  case rootMissing(FilePath)
  case rootReturned(FilePath)
  /// A directory that can be neither watched nor listed, so that its modules are not seen; told once for each reason.
  case unreadable(FilePath, Errno, interval: Duration)
}

extension WatchNotice: CustomStringConvertible {
  package var description: String {
    switch self {
    case .overflow:
      "the kernel dropped file events: listing everything again"
    case .rescanned(let cause, let directories, let overflows):
      "listed \(directories) \(directories == 1 ? "directory" : "directories") again" + Self.reason(cause, overflows)
    case .watchLimit(let watches, let sufficient, _):
      "\(watches.setting) is \(watches.limit), about \(sufficient) are needed: "
        + "sysctl \(watches.setting)=\(sufficient)"
    case .polling(.remoteFileSystem(let path), let interval):
      "\(path): on a network or FUSE file system: polling every \(interval)"
    case .polling(.noInotify(let failure), let interval):
      "cannot use inotify: \(failure): polling every \(interval)"
    case .configured:
      "the configuration has changed: starting again with it"
    case .rootMissing(let path):
      "\(path): not there: waiting for it"
    case .rootReturned(let path):
      "\(path): is there again"
    case .unreadable(let path, let error, let interval):
      "\(path): cannot read directory: \(error.reason): trying again every \(interval)"
    }
  }

  private static func reason(_ cause: RescanCause, _ overflows: Int) -> String {
    switch cause {
    case .overflow: " after events were lost \(overflows == 1 ? "once" : "\(overflows) times")"
    case .requested: ""
    case .staleNodes: " to free what deleted ones left behind"
    case .inotifyReturned: ": inotify can be used now"
    case .dependency(.entries(let path)): ": entries were removed from \(path)"
    case .dependency(let dependency): ": \(dependency.path) has changed"
    case .mounts: ": something was mounted or unmounted"
    }
  }
}
