# docker build -t domicile .
# docker run --read-only -p 127.0.0.1:3000:3000 -v domicile:/data domicile
#
# For people outside this machine set DOMICILE_BASE_URL to the https address
# that they use, and put a proxy with TLS in front.

FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /out/domicile . && mkdir /out/data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/domicile /domicile
# A new volume takes its owner from the folder in the image.
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
ENV DOMICILE_LISTEN=0.0.0.0:3000 \
    DOMICILE_DATA=/data
VOLUME /data
EXPOSE 3000
# Asks the operations listener, which only this container can reach unless
# DOMICILE_OPS_LISTEN says otherwise.
HEALTHCHECK --interval=30s --timeout=6s --start-period=20s --retries=3 \
    CMD ["/domicile", "healthcheck"]
ENTRYPOINT ["/domicile"]
CMD ["serve"]
