# Made by `fondaco kit`; answers {{ answers }} (document:line of the seeds).
# The firewall is attached, ssh is open to administrators only, the private network has a subnet, the key is defined.
terraform {
  required_providers {
    hcloud = {
      source  = "hetznercloud/hcloud"
      version = "~> 1.48"
    }
  }
}

variable "hcloud_token" {
  type      = string
  sensitive = true
}

variable "ssh_public_key" {
  type = string
}

provider "hcloud" {
  token = var.hcloud_token
}

resource "hcloud_ssh_key" "admin" {
  name       = "{{ name }}-admin"
  public_key = var.ssh_public_key
}

resource "hcloud_network" "private" {
  name     = "{{ name }}-private"
  ip_range = "10.0.0.0/16"
}

resource "hcloud_network_subnet" "private" {
  network_id   = hcloud_network.private.id
  type         = "cloud"
  network_zone = "eu-central"
  ip_range     = "10.0.1.0/24"
}

resource "hcloud_firewall" "app" {
  name = "{{ name }}-app"

  rule {
    direction  = "in"
    protocol   = "tcp"
    port       = "22"
    source_ips = [{% for network in d.network_admin_networks %}"{{ network }}"{{ ", " if not loop.last }}{% endfor %}]
  }

{% for port in (80, 443) if not d.cloud_load_balancer %}

  rule {
    direction  = "in"
    protocol   = "tcp"
    port       = "{{ port }}"
    source_ips = ["0.0.0.0/0", "::/0"]
  }
{% endfor %}
}

resource "hcloud_server" "app" {
  name         = "{{ name }}-app"
  image        = "{{ "debian-13" if d.postgresql_version >= 17 else "debian-12" }}"
  server_type  = "{{ "cpx21" if d.machine_cpus <= 3 else "cpx31" if d.machine_cpus <= 4 else "cpx41" if d.machine_cpus <= 8 else "cpx51" }}"
  location     = "fsn1"
  ssh_keys     = [hcloud_ssh_key.admin.id]
  firewall_ids = [hcloud_firewall.app.id]
  user_data    = file("${path.module}/config/cloud-init.yaml")

  network {
    network_id = hcloud_network.private.id
  }

  depends_on = [hcloud_network_subnet.private]
}

{% if d.cloud_load_balancer %}
# It passes TLS on as it is, over the private network, and tells nginx the address of the visitor (PROXY protocol).
resource "hcloud_load_balancer" "front" {
  name               = "{{ name }}-front"
  load_balancer_type = "lb11"
  location           = "fsn1"
}

resource "hcloud_load_balancer_network" "front" {
  load_balancer_id = hcloud_load_balancer.front.id
  subnet_id        = hcloud_network_subnet.private.id
}

resource "hcloud_load_balancer_target" "app" {
  type             = "server"
  load_balancer_id = hcloud_load_balancer.front.id
  server_id        = hcloud_server.app.id
  use_private_ip   = true
  depends_on       = [hcloud_load_balancer_network.front]
}

resource "hcloud_load_balancer_service" "front" {
  for_each         = toset(["80", "443"])
  load_balancer_id = hcloud_load_balancer.front.id
  protocol         = "tcp"
  listen_port      = each.value
  destination_port = each.value
  proxyprotocol    = true

  health_check {
    protocol = "tcp"
    port     = each.value
    interval = 10
    timeout  = 5
    retries  = 3
  }
}

{% endif %}
output "address" {
  value = hcloud_server.app.ipv4_address
}
{% if d.cloud_load_balancer %}

output "public_address" {
  value = hcloud_load_balancer.front.ipv4
}
{% endif %}
