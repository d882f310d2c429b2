internal import Glibc
internal import RemoteClient

exit(RemoteHelper.run())
