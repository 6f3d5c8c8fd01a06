/* The bare loopback relay: what the machine itself can do, with nothing in between. It is the limit, not a peer.
 *
 * Prints "READY <producers' port> <readers' port>". Whole lines of every producer go to every reader, one write a read;
 * nothing is counted, kept or bounded, and a reader that does not read stops everybody. A reader is greeted with "R\n".
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BLOCK = 65536, PEERS = 65536 };

struct producer { size_t held; char data[BLOCK]; };

static struct producer *producers[PEERS];
static int readers[PEERS], reader_count;

static void fail(const char *what) { perror(what); exit(1); }

static int listener(int *port) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, size) || listen(fd, 4096)) fail("listen");
    if (getsockname(fd, (struct sockaddr *)&at, &size)) fail("getsockname");
    *port = ntohs(at.sin_port);
    return fd;
}

static void watch(int epoll, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)) fail("epoll_ctl");
}

static void drop_reader(int fd) {
    for (int i = 0; i < reader_count; i++)
        if (readers[i] == fd) readers[i--] = readers[--reader_count];
    close(fd);
}

static int write_all(int fd, const char *data, size_t size) {
    while (size) {
        ssize_t n = send(fd, data, size, MSG_NOSIGNAL);
        if (n < 0) return -1;
        data += n;
        size -= n;
    }
    return 0;
}

static void relay(int fd) {
    struct producer *from = producers[fd];
    ssize_t n = recv(fd, from->data + from->held, BLOCK - from->held, 0);
    if (n <= 0) {
        free(from);
        producers[fd] = NULL;
        close(fd);
        return;
    }
    size_t have = from->held + n;
    char *last = memrchr(from->data, '\n', have);
    size_t whole = last ? (size_t)(last - from->data) + 1 : have == BLOCK ? have : 0;
    for (int i = reader_count - 1; whole && i >= 0; i--)
        if (write_all(readers[i], from->data, whole)) drop_reader(readers[i]);
    from->held = have - whole;
    memmove(from->data, from->data + whole, from->held);
}

int main(void) {
    int producer_port, reader_port, one = 1;
    int to_produce = listener(&producer_port), to_read = listener(&reader_port), epoll = epoll_create1(0);
    struct epoll_event events[256];
    watch(epoll, to_produce);
    watch(epoll, to_read);
    printf("READY %d %d\n", producer_port, reader_port);
    fflush(stdout);
    for (;;) {
        int n = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd == to_produce || fd == to_read) {
                int peer = accept(fd, NULL, NULL);
                if (peer < 0 || peer >= PEERS) fail("accept");
                setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                if (fd == to_read) {
                    if (write_all(peer, "R\n", 2)) fail("greeting");
                    readers[reader_count++] = peer;
                } else {
                    if (!(producers[peer] = malloc(sizeof(struct producer)))) fail("malloc");
                    producers[peer]->held = 0;
                }
                watch(epoll, peer);
            } else if (producers[fd]) {
                relay(fd);
            } else {
                char unused[256];
                if (recv(fd, unused, sizeof unused, 0) <= 0) drop_reader(fd);
            }
        }
    }
}
