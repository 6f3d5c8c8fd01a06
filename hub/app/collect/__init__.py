"""`hub collect`: many small sources as producers of one process.

    settings ─▶ Collector ─┬─▶ SerialSource (a port that comes and goes)  ─┐
                           ├─▶ TcpSource (a peer that is dialled)         ─┼─▶ hub.client.TwistedProducer, one a stream
                           └─▶ FileSource ─ TailedFile (over `rotation`)  ─┘

`news` says what becomes of the streams at the hub. Sources push bytes as they come, and try again for ever. What the
hub does not hold yet waits in memory, bounded; a file is only read as fast as the hub takes it, and `positions`
remembers how far that was.
"""
